import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { importView } from '../../features/archives/import.view.ts'
import { TenantsCount } from '../../features/tenants/tenants-count.tsx'
import { tenantsView } from '../../features/tenants/tenants.view.ts'
import { signedInRoute } from '../signed-in-route.ts'

/** Every tenant of this server, for superusers. */
export const tenantsRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/tenants',
  validateSearch: (search: Record<string, unknown>) => ({
    ...tenantsView.validate(search),
    ...importView.validate(search),
  }),
  component: lazyRouteComponent(() => import('./tenants.page.tsx'), 'Tenants'),
  staticData: {
    place: {
      name: 'Tenants',
      icon: 'tenants',
      order: 2,
      letter: 'T',
      audience: 'superuser',
      phone: 2,
      aside: TenantsCount,
    },
  },
})
