import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { connectView } from '../../features/connect/connect.view.ts'
import { tenantRoute } from './tenant.route.ts'

/** How a tenant's frontend calls this server. */
export const tenantConnectRoute = createRoute({
  getParentRoute: () => tenantRoute,
  path: 'connect',
  validateSearch: (search: Record<string, unknown>) => connectView.validate(search),
  component: lazyRouteComponent(() => import('../../features/connect/connect-page.tsx'), 'ConnectPage'),
  staticData: { tab: { name: 'Connect', order: 9 } },
})
