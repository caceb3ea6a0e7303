import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, type ComponentType, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { toProblem } from '../../api/problem.ts'
import { paths } from '../../lib/paths.ts'
import { forgetRecentTenants, noteRecentTenant } from '../../lib/recent-tenants.ts'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { isBeingMade, TenantBeingMade } from '../../panels/tenant-being-made.tsx'
import { getTenantQueryOptions, type Tenant } from '../../panels/tenant.queries.ts'
import { Bone } from '../../ui/bone.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { WithPageActions } from '../../ui/page-actions.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { TenantHeader } from './tenant-header.tsx'
import type { TenantTab } from './tenant-tab.ts'

/** A tenant's page around the tab that is shown: its tabs may count on the tenant being loaded. */
export function TenantPage(props: {
  tenantId: string
  tabs: readonly TenantTab[]
  isSuperuser: boolean
  /** What stands below the head on every tab, while there is something to tell. */
  Notice?: ComponentType<{ tenant: Tenant }>
  children: ReactNode
}): ReactNode {
  const { tenantId, isSuperuser, Notice } = props
  const tenant = useQuery(getTenantQueryOptions(useApi(), tenantId))
  const isGone = tenant.error !== null && toProblem(tenant.error).status === 404
  const name = tenant.data?.name
  useEffect(() => {
    if (isGone) forgetRecentTenants(tenantId)
    else if (name !== undefined) noteRecentTenant({ id: tenantId, name })
  }, [tenantId, name, isGone])

  if (isGone) return <NoSuchTenant tenantId={tenantId} isSuperuser={isSuperuser} />
  return (
    <QueryPanel what="This tenant" query={tenant} skeleton={<TenantSkeleton />}>
      {(found) => (
        <WithPageActions>
          <TenantHeader tenant={found} tabs={isBeingMade(found) ? [] : props.tabs} isSuperuser={isSuperuser} />
          {Notice && <Notice tenant={found} />}
          {isBeingMade(found) ? <TenantBeingMade tenant={found} /> : props.children}
        </WithPageActions>
      )}
    </QueryPanel>
  )
}

function NoSuchTenant(props: { tenantId: string; isSuperuser: boolean }): ReactNode {
  return (
    <>
      <PageHeader title="No such tenant" />
      <EmptyState
        title="There is no such tenant here"
        action={
          <Link to={props.isSuperuser ? '/tenants' : paths.home} className="link">
            {props.isSuperuser ? 'Show all tenants' : 'Go home'}
          </Link>
        }
      >
        No tenant has the id <span className="font-mono text-meta break-all">{props.tenantId}</span>, or your account
        does not manage it.
      </EmptyState>
    </>
  )
}

function TenantSkeleton(): ReactNode {
  return (
    <>
      <div className="flex h-[64px] items-center gap-[14px] px-6 phone:px-4">
        <div className="bone size-[36px] rounded-md!" />
        <div className="flex flex-col gap-2">
          <Bone width={180} height={12} />
          <Bone width={120} height={8} />
        </div>
      </div>
      <div className="flex h-[39px] items-center gap-5 border-b border-line px-6 phone:px-4">
        <Bone width={56} />
        <Bone width={56} />
      </div>
      {[0, 1].map((section) => (
        <div
          key={section}
          className="grid grid-cols-[260px_1fr] gap-10 border-b border-line px-6 py-8 phone:grid-cols-1 phone:px-4"
        >
          <Bone width={88} height={11} />
          <div className="flex max-w-[380px] flex-col gap-4">
            <Bone width={72} height={9} />
            <Bone width={300} height={14} />
          </div>
        </div>
      ))}
    </>
  )
}
