import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { tenantOverviewView } from '../../features/tenant-overview/tenant-overview.view.ts'
import { tenantRoute } from './tenant.route.ts'

/** Where a tenant opens: how it does. */
export const tenantOverviewRoute = createRoute({
  getParentRoute: () => tenantRoute,
  path: '/',
  validateSearch: (search: Record<string, unknown>) => tenantOverviewView.validate(search),
  component: lazyRouteComponent(() => import('./tenant-overview.page.tsx'), 'TenantOverview'),
  staticData: { tab: { name: 'Overview', order: 1 } },
})
