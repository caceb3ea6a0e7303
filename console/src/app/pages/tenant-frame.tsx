import { useSuspenseQuery } from '@tanstack/react-query'
import { Outlet, useParams, useRouter } from '@tanstack/react-router'
import { lazy, Suspense, useMemo, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { getMeQueryOptions } from '../../panels/me.queries.ts'
import type { Tenant } from '../../panels/tenant.queries.ts'
import { TenantPage } from '../../features/tenants/tenant-page.tsx'
import type { TenantTab } from '../../features/tenants/tenant-tab.ts'
import { tenantRoutePath } from '../../lib/paths.ts'
import { useRouteTabs } from '../places.ts'

// Few tenants are being moved: the rest need not load how that looks.
const MoveStrip = lazy(async () => ({
  default: (await import('../../features/tenant-place/move-strip.tsx')).MoveStrip,
}))

/** A tenant's page with the tabs there are routes for, around the tab that is shown. */
export function TenantFrame(): ReactNode {
  const { tenantId = '' } = useParams({ strict: false })
  const { data: user } = useSuspenseQuery(getMeQueryOptions(useApi()))
  const { routesByPath } = useRouter()
  const links = useRouteTabs(tenantRoutePath)
  const tabs = useMemo(() => {
    const isPath = (to: string): to is TenantTab['to'] => Object.hasOwn(routesByPath, to)
    return links.flatMap(({ name, to }) => (isPath(to) ? [{ name, to }] : []))
  }, [links, routesByPath])
  return (
    <TenantPage
      key={tenantId}
      tenantId={tenantId}
      tabs={tabs}
      isSuperuser={user.is_superuser}
      Notice={user.is_superuser ? MoveNotice : undefined}
    >
      <Outlet />
    </TenantPage>
  )
}

function MoveNotice(props: { tenant: Tenant }): ReactNode {
  return props.tenant.state === 'moving' ? (
    <Suspense>
      <MoveStrip {...props} />
    </Suspense>
  ) : null
}
