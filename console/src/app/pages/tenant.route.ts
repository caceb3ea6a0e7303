import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { tenantPath, tenantRoutePath } from '../../lib/paths.ts'
import { signedInRoute } from '../signed-in-route.ts'

/** A tenant's page; its tabs are the routes below it, each with `staticData: { tab: { name, order } }`. */
export const tenantRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: tenantRoutePath,
  component: lazyRouteComponent(() => import('./tenant-frame.tsx'), 'TenantFrame'),
})

/** Where a tenant opens: its settings, as long as there is no better place. */
export const tenantIndexRoute = createRoute({
  getParentRoute: () => tenantRoute,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: tenantPath(params.tenantId, 'settings'), replace: true })
  },
})

/** A tenant's settings. */
export const tenantSettingsRoute = createRoute({
  getParentRoute: () => tenantRoute,
  path: 'settings',
  component: lazyRouteComponent(() => import('../../features/tenants/tenant-settings-page.tsx'), 'TenantSettingsPage'),
  staticData: { tab: { name: 'Settings', order: 5 } },
})
