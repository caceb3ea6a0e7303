import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { promptView } from '../../features/prompt/prompt.view.ts'
import { tenantRoute } from './tenant.route.ts'

/** A tenant's prompt. */
export const tenantPromptRoute = createRoute({
  getParentRoute: () => tenantRoute,
  path: 'prompt',
  validateSearch: (search: Record<string, unknown>) => promptView.validate(search),
  component: lazyRouteComponent(() => import('../../features/prompt/prompt-page.tsx'), 'PromptPage'),
  staticData: { tab: { name: 'Prompt', order: 2 } },
})
