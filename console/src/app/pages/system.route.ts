import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { signedInRoute } from '../signed-in-route.ts'

/** What this installation runs on, for superusers. */
export const systemRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/system',
  component: lazyRouteComponent(() => import('../../features/system/system-page.tsx'), 'SystemPage'),
  staticData: { place: { name: 'System', icon: 'system', order: 6, letter: 'S', audience: 'superuser' } },
})
