import { useSuspenseQuery } from '@tanstack/react-query'
import { Outlet, useParams, useRouter } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { getMeQueryOptions } from '../../features/account/account.queries.ts'
import type { TenantTab } from '../../features/tenants/tenant-header.tsx'
import { TenantPage } from '../../features/tenants/tenant-page.tsx'
import { tenantRoutePath } from '../../lib/paths.ts'
import { useRouteTabs } from '../places.ts'

/** A tenant's page with the tabs there are routes for, around the tab that is shown. */
export function TenantFrame(): ReactNode {
  const { tenantId = '' } = useParams({ strict: false })
  const { data: user } = useSuspenseQuery(getMeQueryOptions(useApi()))
  const { routesByPath } = useRouter()
  const isPath = (to: string): to is TenantTab['to'] => Object.hasOwn(routesByPath, to)
  const tabs = useRouteTabs(tenantRoutePath).flatMap(({ name, to }) => (isPath(to) ? [{ name, to }] : []))
  return (
    <TenantPage key={tenantId} tenantId={tenantId} tabs={tabs} isSuperuser={user.is_superuser}>
      <Outlet />
    </TenantPage>
  )
}
