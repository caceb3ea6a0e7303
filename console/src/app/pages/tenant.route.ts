import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { tenantRoutePath } from '../../lib/paths.ts'
import { signedInRoute } from '../signed-in-route.ts'

/** A tenant's page; its tabs are the routes below it, each with `staticData: { tab: { name, order } }`. */
export const tenantRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: tenantRoutePath,
  // Asked for while the page itself is still on its way.
  loader: ({ context: { api, queryClient }, params }) => {
    void import('../../panels/tenant.queries.ts').then(({ getTenantQueryOptions }) =>
      queryClient.prefetchQuery(getTenantQueryOptions(api, params.tenantId)),
    )
  },
  component: lazyRouteComponent(() => import('./tenant-frame.tsx'), 'TenantFrame'),
})
