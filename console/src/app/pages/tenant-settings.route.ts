import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { settingsView } from '../../features/tenant-place/settings.view.ts'
import { tenantRoute } from './tenant.route.ts'

/** A tenant's settings. */
export const tenantSettingsRoute = createRoute({
  getParentRoute: () => tenantRoute,
  path: 'settings',
  validateSearch: (search: Record<string, unknown>) => settingsView.validate(search),
  component: lazyRouteComponent(() => import('./tenant-settings.page.tsx'), 'TenantSettings'),
  staticData: { tab: { name: 'Settings', order: 8 } },
})
