import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useMemo, useState, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { toProblem } from '../../api/problem.ts'
import { onboardingLink, paths, tenantPath } from '../../lib/paths.ts'
import { formatDate } from '../../lib/times.ts'
import { formatFullTime } from '../../lib/format.ts'
import { useNow } from '../../lib/use-now.ts'
import { isBeingMade } from '../../panels/tenant-being-made.tsx'
import type { Tenant } from '../../panels/tenant.queries.ts'
import { useMyDrafts } from '../../panels/use-my-drafts.ts'
import { AboveLink } from '../../ui/above-link.tsx'
import { ButtonLink } from '../../ui/button-link.tsx'
import { useCommands, type Command } from '../../ui/commands.tsx'
import { CopyButton, CopyLinkButton } from '../../ui/copy-button.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { MenuItem, MenuLine } from '../../ui/menu-items.tsx'
import { Menu } from '../../ui/menu.tsx'
import { PageActionsSlot } from '../../ui/page-actions.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Plate } from '../../ui/plate.tsx'
import { State } from '../../ui/state.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { countTab } from './count-tabs.ts'
import { describeState } from '../../panels/tenant-state.ts'
import type { TenantTab } from './tenant-tab.ts'
import { getTenantTabCountsQueryOptions } from './tenants.queries.ts'
import { mayActivate } from './may-activate.ts'
import { useSwitchTenant } from './use-switch-tenant.ts'
import { useTabKeys } from './use-tab-keys.ts'

const SuspendDialog = lazy(async () => ({ default: (await import('./tenant-dialogs.tsx')).SuspendDialog }))
const PurgeDialog = lazy(async () => ({ default: (await import('./tenant-dialogs.tsx')).PurgeDialog }))

/** The head of a tenant's page: who it is, how it is, its tabs, and what may be done with it. */
export function TenantHeader(props: { tenant: Tenant; tabs: readonly TenantTab[]; isSuperuser: boolean }): ReactNode {
  const { tenant, tabs, isSuperuser } = props
  const { data: counts } = useQuery(getTenantTabCountsQueryOptions(useApi(), tenant.id))
  const { unfinished } = useMyDrafts()
  useTabKeys({ tenantId: tenant.id, tabs })
  return (
    <PageHeader
      title={tenant.name}
      heading={<Heading tenant={tenant} isSuperuser={isSuperuser} />}
      actions={
        <>
          {unfinished.some(({ id }) => id === tenant.id) && (
            <ButtonLink {...onboardingLink({ tenantId: tenant.id })}>Finish setup</ButtonLink>
          )}
          <PageActionsSlot />
          <span className="phone:hidden">
            <CopyLinkButton />
          </span>
          <TenantMenu tenant={tenant} isSuperuser={isSuperuser} />
        </>
      }
      tabs={
        <Tabs
          label={`Parts of ${tenant.name}`}
          items={tabs.map(({ name, to }) => ({
            key: to,
            name,
            link: { to, params: { tenantId: tenant.id } },
            holds: to === '/tenants/$tenantId/knowledge',
            ...countTab({ path: to, counts }),
          }))}
        />
      }
    />
  )
}

function Heading(props: { tenant: Tenant; isSuperuser: boolean }): ReactNode {
  const { tenant } = props
  const now = useNow()
  return (
    <div className="flex min-w-0 flex-1 items-center gap-[14px] pt-[2px] phone:items-start">
      <Plate tenantId={tenant.id} size={36} />
      <div className="min-w-0">
        <div className="flex flex-wrap items-center gap-x-[10px]">
          <AboveLink to={props.isSuperuser ? '/tenants' : paths.home} className="phone:hidden">
            {props.isSuperuser ? 'Tenants' : 'Home'}
          </AboveLink>
          <h1 dir="auto" className="text-title font-semibold tracking-[-.015em] wrap-anywhere text-ink">
            {tenant.name}
          </h1>
          <HeaderState tenant={tenant} />
        </div>
        <div className="flex flex-wrap items-center gap-x-2 text-meta text-ink-3">
          <span className="font-mono break-all text-ink-2">{tenant.id}</span>
          <span className="-ms-1 -my-1">
            <CopyButton text={tenant.id} what="id" size="small" />
          </span>
          <span className="phone:hidden">
            {tenant.isolation}
            {tenant.database_name !== null && `, ${tenant.database_name}`}, since{' '}
            <time dateTime={tenant.created_at} title={formatFullTime(tenant.created_at)}>
              {formatDate({ time: tenant.created_at, now })}
            </time>
          </span>
        </div>
      </div>
    </div>
  )
}

function HeaderState(props: { tenant: Tenant }): ReactNode {
  const counts = useQuery(getTenantTabCountsQueryOptions(useApi(), props.tenant.id))
  const { kind, words } = describeState({ ...props.tenant, failing: counts.data?.failing })
  if (counts.error && toProblem(counts.error).code === 'tenant.database_unavailable') {
    return <State kind="failed">Database does not answer</State>
  }
  // “Active” would be said too early while it is not known whether its connections work.
  return kind === 'fine' && counts.isPending ? null : <State kind={kind}>{words}</State>
}

function TenantMenu(props: { tenant: Tenant; isSuperuser: boolean }): ReactNode {
  const { tenant, isSuperuser } = props
  const noun = isSuperuser ? 'tenant' : 'organization'
  const [open, setOpen] = useState<'suspend' | 'purge'>()
  const { turnOrSay } = useSwitchTenant(tenant)
  const { is_active: isActive } = tenant
  const navigate = useNavigate()
  const close = (): void => setOpen(undefined)
  const move = useCallback(
    () => void navigate({ to: tenantPath(tenant.id, 'settings'), search: { move: true } }),
    [navigate, tenant.id],
  )
  useCommands(
    useMemo((): readonly Command[] => {
      if (!isSuperuser) return []
      const shared = { group: 'In a tenant', palette: 'This tenant' } as const
      return [
        { ...shared, id: 'tenant.move', name: 'Move tenant…', icon: 'database', run: move },
        { ...shared, id: 'tenant.purge', name: 'Purge tenant…', icon: 'trash', run: () => setOpen('purge') },
      ]
    }, [isSuperuser, move]),
  )
  return (
    <>
      <Menu trigger={<IconButton icon="more" label="More actions" bordered />}>
        {!isBeingMade(tenant) && (
          <MenuItem icon="todo" onSelect={() => void navigate(onboardingLink({ tenantId: tenant.id }))}>
            Set up step by step
          </MenuItem>
        )}
        {isSuperuser && !isBeingMade(tenant) && (
          <MenuItem icon="database" onSelect={move}>
            Move tenant…
          </MenuItem>
        )}
        {isActive ? (
          <MenuItem icon="pause" onSelect={() => setOpen('suspend')}>
            Suspend {noun}…
          </MenuItem>
        ) : mayActivate({ tenant, isSuperuser }) ? (
          <MenuItem icon="play" onSelect={() => void turnOrSay(true)}>
            Activate {noun}
          </MenuItem>
        ) : null}
        {isSuperuser && (
          <>
            <MenuLine />
            <MenuItem icon="trash" danger onSelect={() => setOpen('purge')}>
              Purge tenant…
            </MenuItem>
          </>
        )}
      </Menu>
      <Suspense>
        {open === 'suspend' && <SuspendDialog tenant={tenant} open onClose={close} />}
        {open === 'purge' && <PurgeDialog tenant={tenant} open onClose={close} />}
      </Suspense>
    </>
  )
}
