import { createRouter } from '@tanstack/react-router'
import { parseSearch, stringifySearch } from '../lib/view-state.ts'
import { basePath } from '../lib/paths.ts'
import { FailurePage } from './failure-page.tsx'
import { accountRoute } from './pages/account.route.ts'
import { auditRoute } from './pages/audit.route.ts'
import { peopleRoute } from './pages/people.route.ts'
import { usageRoute } from './pages/usage.route.ts'
import { pricesRoute } from './pages/prices.route.ts'
import { serversRoute } from './pages/servers.route.ts'
import { systemRoute } from './pages/system.route.ts'
import {
  forgotRoute,
  joinRoute,
  registerRoute,
  resetRoute,
  setupRoute,
  signInRoute,
  verifyRoute,
} from './pages/entrance.routes.ts'
import { mailboxRoute } from './pages/mailbox.route.ts'
import { homeRoute } from './pages/home.route.ts'
import { tenantConnectRoute } from './pages/tenant-connect.route.ts'
import { tenantConnectionsRoute } from './pages/tenant-connections.route.ts'
import { onboardingRoute } from './pages/onboarding.route.ts'
import { tenantDocumentRoute, tenantKnowledgeRoute } from './pages/tenant-knowledge.route.ts'
import { tenantLimitsRoute } from './pages/tenant-limits.route.ts'
import { tenantOverviewRoute } from './pages/tenant-overview.route.ts'
import { tenantPromptRoute } from './pages/tenant-prompt.route.ts'
import { tenantRetrievalRoute } from './pages/tenant-retrieval.route.ts'
import { tenantSettingsRoute } from './pages/tenant-settings.route.ts'
import { tenantUsersRoute } from './pages/tenant-users.route.ts'
import { tenantRoute } from './pages/tenant.route.ts'
import { tenantsRoute } from './pages/tenants.route.ts'
import { rootRoute, type RouterContext } from './root-route.ts'
import { signedInRoute } from './signed-in-route.ts'

const routeTree = rootRoute.addChildren([
  signInRoute,
  setupRoute,
  registerRoute,
  forgotRoute,
  verifyRoute,
  resetRoute,
  joinRoute,
  // Each page has a file in `pages/` and a line here; its place in the sidebar comes from its route.
  signedInRoute.addChildren([
    homeRoute,
    accountRoute,
    auditRoute,
    usageRoute,
    systemRoute,
    mailboxRoute,
    serversRoute,
    pricesRoute,
    tenantsRoute,
    peopleRoute,
    onboardingRoute,
    tenantRoute.addChildren([
      tenantOverviewRoute,
      tenantPromptRoute,
      tenantConnectionsRoute,
      tenantUsersRoute,
      tenantKnowledgeRoute,
      tenantDocumentRoute,
      tenantRetrievalRoute,
      tenantLimitsRoute,
      tenantSettingsRoute,
      tenantConnectRoute,
    ]),
  ]),
])

/** Makes the router; the console's pages and who may see them. */
export function createConsoleRouter(context: RouterContext) {
  return createRouter({
    routeTree,
    context,
    basepath: basePath,
    parseSearch,
    stringifySearch,
    defaultErrorComponent: FailurePage,
    defaultPendingMs: 200,
    defaultPendingMinMs: 300,
    defaultPreload: false,
    scrollRestoration: true,
    scrollToTopSelectors: ['#main'],
  })
}

/** The console's router. */
export type ConsoleRouter = ReturnType<typeof createConsoleRouter>

declare module '@tanstack/react-router' {
  interface Register {
    router: ConsoleRouter
  }
}
