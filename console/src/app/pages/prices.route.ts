import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { signedInRoute } from '../signed-in-route.ts'

/** What models cost, for superusers; reached from System. */
export const pricesRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/system/prices',
  component: lazyRouteComponent(() => import('../../features/prices/prices-page.tsx'), 'PricesPage'),
})
