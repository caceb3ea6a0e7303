import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { limitsView } from '../../features/limits/limits.view.ts'
import { tenantRoute } from './tenant.route.ts'

/** What a tenant may use, and what was refused. */
export const tenantLimitsRoute = createRoute({
  getParentRoute: () => tenantRoute,
  path: 'limits',
  validateSearch: (search: Record<string, unknown>) => limitsView.validate(search),
  component: lazyRouteComponent(() => import('../../features/limits/limits-page.tsx'), 'LimitsPage'),
  staticData: { tab: { name: 'Limits', order: 7 } },
})
