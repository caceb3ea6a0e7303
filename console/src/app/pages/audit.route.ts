import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { auditView } from '../../features/audit/audit-view.ts'
import { signedInRoute } from '../signed-in-route.ts'

/** Who did what, for superusers. */
export const auditRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/audit',
  validateSearch: (search: Record<string, unknown>) => auditView.validate(search),
  component: lazyRouteComponent(() => import('../../features/audit/audit-page.tsx'), 'AuditPage'),
  staticData: { place: { name: 'Audit log', icon: 'audit', order: 5, letter: 'A', audience: 'superuser' } },
})
