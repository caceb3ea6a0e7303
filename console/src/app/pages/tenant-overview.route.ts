import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { tenantOverviewView } from '../../features/tenant-overview/tenant-overview.view.ts'
import { tenantRoute } from './tenant.route.ts'

/** Where a tenant opens: how it does. */
export const tenantOverviewRoute = createRoute({
  getParentRoute: () => tenantRoute,
  path: '/',
  validateSearch: (search: Record<string, unknown>) => tenantOverviewView.validate(search),
  // Asked for beside the tenant itself, not after it.
  loader: ({ context: { api, queryClient }, location, params: { tenantId: id } }) => {
    const { range } = tenantOverviewView.fill(location.search)
    void import('../../features/tenant-overview/tenant-overview.queries.ts').then((queries) =>
      queryClient.prefetchQuery(queries.getTenantOverviewQueryOptions({ api, id, range })),
    )
  },
  component: lazyRouteComponent(() => import('./tenant-overview.page.tsx'), 'TenantOverview'),
  staticData: { tab: { name: 'Overview', order: 1 } },
})
