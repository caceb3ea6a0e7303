import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { tenantRoute } from './tenant.route.ts'

/** A tenant's connections to its model and to Pinecone. */
export const tenantConnectionsRoute = createRoute({
  getParentRoute: () => tenantRoute,
  path: 'connections',
  component: lazyRouteComponent(() => import('../../features/connections/connections-page.tsx'), 'ConnectionsPage'),
  staticData: { tab: { name: 'Connections', order: 3 } },
})
