import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { usageView } from '../../features/usage/usage-view.ts'
import { signedInRoute } from '../signed-in-route.ts'

/** What all tenants used, for superusers. */
export const usageRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/usage',
  validateSearch: (search: Record<string, unknown>) => usageView.validate(search),
  component: lazyRouteComponent(() => import('../../features/usage/usage-page.tsx'), 'UsagePage'),
  staticData: { place: { name: 'Usage', icon: 'usage', order: 4, letter: 'U', audience: 'superuser', phone: 3 } },
})
