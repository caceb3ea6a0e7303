import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { retrievalView } from '../../features/retrieval/retrieval.view.ts'
import { tenantRoute } from './tenant.route.ts'

/** How a tenant's passages are found: tried and set. */
export const tenantRetrievalRoute = createRoute({
  getParentRoute: () => tenantRoute,
  path: 'retrieval',
  validateSearch: (search: Record<string, unknown>) => retrievalView.validate(search),
  component: lazyRouteComponent(() => import('../../features/retrieval/retrieval-page.tsx'), 'RetrievalPage'),
  staticData: { tab: { name: 'Retrieval', order: 6 } },
})
