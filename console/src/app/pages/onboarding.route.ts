import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { onboardingView } from '../../features/onboarding/onboarding.view.ts'
import { paths } from '../../lib/paths.ts'
import { signedInRoute } from '../signed-in-route.ts'

/** Onboarding a tenant, for superusers, or an organization, for its owner: a new one, or one that exists already (`?tenant=kepler-health&step=users`). */
export const onboardingRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: paths.newTenant,
  validateSearch: (search: Record<string, unknown>) => onboardingView.validate(search),
  component: lazyRouteComponent(() => import('./onboarding.page.tsx'), 'Onboarding'),
})
