import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { tenantRoute } from './tenant.route.ts'

/** A tenant's settings. */
export const tenantSettingsRoute = createRoute({
  getParentRoute: () => tenantRoute,
  path: 'settings',
  component: lazyRouteComponent(() => import('./tenant-settings.page.tsx'), 'TenantSettings'),
  staticData: { tab: { name: 'Settings', order: 8 } },
})
