import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { documentView, knowledgeView } from '../../features/knowledge/knowledge.view.ts'
import { tenantRoute } from './tenant.route.ts'

/** What a tenant answers from: its documents. */
export const tenantKnowledgeRoute = createRoute({
  getParentRoute: () => tenantRoute,
  path: 'knowledge',
  validateSearch: (search: Record<string, unknown>) => knowledgeView.validate(search),
  component: lazyRouteComponent(() => import('../../features/knowledge/knowledge-page.tsx'), 'KnowledgePage'),
  staticData: { tab: { name: 'Knowledge', order: 5 } },
})

/** One document with its text; `from` and `to` name a passage of it. */
export const tenantDocumentRoute = createRoute({
  getParentRoute: () => tenantRoute,
  path: 'knowledge/$documentId',
  validateSearch: (search: Record<string, unknown>) => documentView.validate(search),
  component: lazyRouteComponent(() => import('../../features/knowledge/document-page.tsx'), 'DocumentPage'),
})
