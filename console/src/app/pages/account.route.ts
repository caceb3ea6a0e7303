import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { paths } from '../../lib/paths.ts'
import { signedInRoute } from '../signed-in-route.ts'

/** Who is signed in, and what one may change about oneself. */
export const accountRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: paths.account,
  component: lazyRouteComponent(() => import('../../features/account/account-page.tsx'), 'AccountPage'),
})
