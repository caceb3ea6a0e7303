import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { signedInRoute } from '../signed-in-route.ts'

/** The database servers that tenants live on, for superusers; reached from System. */
export const serversRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/system/servers',
  component: lazyRouteComponent(() => import('../../features/servers/servers-page.tsx'), 'ServersPage'),
})
