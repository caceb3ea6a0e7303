import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { tenantUsersView } from '../../features/tenant-users/tenant-users.view.ts'
import { tenantRoute } from './tenant.route.ts'

/** Who may ask a tenant. */
export const tenantUsersRoute = createRoute({
  getParentRoute: () => tenantRoute,
  path: 'users',
  validateSearch: (search: Record<string, unknown>) => tenantUsersView.validate(search),
  component: lazyRouteComponent(() => import('../../features/tenant-users/tenant-users-page.tsx'), 'TenantUsersPage'),
  staticData: { tab: { name: 'Users', order: 4 } },
})
