import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useMemo, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { formatPlural } from '../../lib/numbers.ts'
import { writeSort } from '../../lib/sort-rows.ts'
import { useIsPhone } from '../../lib/use-media.ts'
import { useView } from '../../lib/use-view.ts'
import { AssignUserPicker } from '../../panels/people-picker.tsx'
import { ListEnd } from '../../panels/list-end.tsx'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { getTenantQueryOptions, type Tenant } from '../../panels/tenant.queries.ts'
import { useListPages } from '../../panels/use-list-pages.ts'
import { TableSkeleton } from '../../ui/bone.tsx'
import { Button } from '../../ui/button.tsx'
import { useCommands, type Command } from '../../ui/commands.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { EmptyState, NoMatch } from '../../ui/empty-state.tsx'
import { Icon } from '../../ui/icons.tsx'
import { PageActions } from '../../ui/page-actions.tsx'
import { Plate } from '../../ui/plate.tsx'
import { InviteDialog } from './invite-dialog.tsx'
import { NewTenantUserDialog } from './new-tenant-user-dialog.tsx'
import { TenantUserDialog } from './tenant-user-dialog.tsx'
import { sorts, TenantUsersBar } from './tenant-users-bar.tsx'
import { TenantUsersTable } from './tenant-users-table.tsx'
import { getMeQueryOptions, getTenantUsersQueryOptions } from './tenant-users.queries.ts'
import { tenantUsersView } from './tenant-users.view.ts'

/** Who may ask a tenant: its own users and the platform users assigned to it. */
export function TenantUsersPage(): ReactNode {
  const api = useApi()
  const { tenantId = '' } = useParams({ strict: false })
  const { data: tenant } = useQuery(getTenantQueryOptions(api, tenantId))
  const { data: me } = useQuery(getMeQueryOptions(api))
  if (!tenant || !me) return null
  return <TenantUsers tenant={tenant} isSuperuser={me.is_superuser} />
}

function TenantUsers(props: { tenant: Tenant; isSuperuser: boolean }): ReactNode {
  const { tenant, isSuperuser } = props
  const [view, change] = useView(tenantUsersView)
  const isPhone = useIsPhone()
  const users = useInfiniteQuery(getTenantUsersQueryOptions({ api: useApi(), tenantId: tenant.id, wanted: view }))
  const list = useListPages(users)
  const { rows } = list
  const visitors = useVisitors({ tenantId: tenant.id, enabled: isSuperuser && view.kind === 'both' })
  useOffers({ isSuperuser, change })
  const search = view.q.trim()
  const narrowed = search !== '' || view.kind !== 'both' || view.state !== 'any'
  const clear = (): void => change({ q: '', kind: 'both', state: 'any' })
  const total = users.isPlaceholderData ? undefined : users.data?.pages[0]?.total
  const actions = (
    <>
      {isSuperuser && <Button onClick={() => change({ assign: true })}>Assign user…</Button>}
      <Button onClick={() => change({ invite: true })}>Invite user…</Button>
      <Button kind="primary" keys="N" onClick={() => change({ new: true })}>
        <Icon name="plus" className="shrink-0" />
        New user
      </Button>
    </>
  )
  return (
    <>
      {/* A phone's header has no room for them beside the tenant's name. */}
      {isPhone ? <div className="flex flex-wrap gap-2 px-4 pt-3">{actions}</div> : <PageActions>{actions}</PageActions>}
      <TenantUsersBar view={view} matches={narrowed ? total : undefined} onChange={change} />
      <QueryPanel what="Users" query={users} skeleton={<TableSkeleton rows={12} />}>
        {() => {
          if (rows.length === 0 && !users.isPlaceholderData) {
            return narrowed ? (
              <NoMatch
                title={search === '' ? 'No user is like this' : `Nobody matches “${search}”`}
                actions={<Button onClick={clear}>Clear search and filters</Button>}
              >
                The search looks at the names and addresses of {tenant.name}’s users.
              </NoMatch>
            ) : (
              <EmptyState
                title={`Nobody can ask ${tenant.name} yet`}
                action={<Button onClick={() => change({ new: true })}>Create the first user</Button>}
              >
                {isSuperuser
                  ? 'A tenant has users of its own, and platform users that are assigned to it.'
                  : 'Create a user with a password, or invite one who chooses it.'}
              </EmptyState>
            )
          }
          return (
            <>
              <TenantUsersTable
                {...list}
                total={total}
                sort={view.sort}
                onSort={(sort) => {
                  const chosen = sorts.find(({ value }) => value === writeSort(sort))
                  if (chosen) change({ sort: chosen.value })
                }}
              />
              {visitors > 0 && (
                <p className="flex flex-wrap items-center gap-x-2 px-6 py-2 text-meta text-ink-3 phone:px-4">
                  {formatPlural(visitors, 'superuser')} who only tried {tenant.name} {visitors === 1 ? 'is' : 'are'} not
                  listed.
                  <Button kind="text" size="small" onClick={() => change({ kind: 'linked' })}>
                    Show platform users
                  </Button>
                </p>
              )}
              <ListEnd what="The next users" unit="user" rows={rows.length} total={total} pages={users} />
            </>
          )
        }}
      </QueryPanel>
      <TenantUserDialog
        id={view.open}
        tenant={tenant}
        isSuperuser={isSuperuser}
        rows={rows}
        ready={users.isSuccess && !users.isFetching}
        onFind={() => change({ open: undefined, q: '', kind: 'both', state: 'any' })}
        onClose={() => change({ open: undefined })}
      />
      {view.new && <NewTenantUserDialog tenant={tenant} onClose={() => change({ new: false }, { typing: true })} />}
      {view.invite && <InviteDialog tenant={tenant} onClose={() => change({ invite: false }, { typing: true })} />}
      {view.assign && isSuperuser && (
        <AssignDialog tenant={tenant} onClose={() => change({ assign: false }, { typing: true })} />
      )}
    </>
  )
}

/** How many superusers have a row here only because they tried the tenant; the list leaves them out. */
function useVisitors(options: { tenantId: string; enabled: boolean }): number {
  const { tenantId, enabled } = options
  const wanted = { q: '', kind: 'linked', state: 'any', sort: '-created_at' } as const
  const linked = useInfiniteQuery({ ...getTenantUsersQueryOptions({ api: useApi(), tenantId, wanted }), enabled })
  if (!enabled) return 0
  return linked.data?.pages[0]?.items.filter((user) => user.linked_as === 'superuser').length ?? 0
}

function AssignDialog(props: { tenant: Tenant; onClose: () => void }): ReactNode {
  const { tenant, onClose } = props
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Assign a user to ${tenant.name}`}
      mark={<Plate tenantId={tenant.id} />}
      description="Platform users sign in once and chat in the tenant they are assigned to."
    >
      <div className="mt-4">
        <AssignUserPicker tenantId={tenant.id} onAssigned={onClose} />
      </div>
    </Dialog>
  )
}

/** The keys and commands of the page. */
function useOffers(options: {
  isSuperuser: boolean
  change: (changes: { new?: true; invite?: true; assign?: true }) => void
}): void {
  const { isSuperuser, change } = options
  useCommands(
    useMemo((): readonly Command[] => {
      const shared = { group: 'In a list', palette: 'This tenant' } as const
      const create: Command = {
        ...shared,
        id: 'tenant.users.new',
        name: 'New user…',
        keys: 'N',
        icon: 'plus',
        run: () => change({ new: true }),
      }
      const assign: Command = {
        ...shared,
        id: 'tenant.users.assign',
        name: 'Assign user…',
        icon: 'users',
        run: () => change({ assign: true }),
      }
      const invite: Command = {
        ...shared,
        id: 'tenant.users.invite',
        name: 'Invite user…',
        icon: 'users',
        run: () => change({ invite: true }),
      }
      return isSuperuser ? [create, invite, assign] : [create, invite]
    }, [isSuperuser, change]),
  )
}
