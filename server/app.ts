import { cors } from '@elysiajs/cors'
import { type AnyElysia, Elysia } from 'elysia'
import { accountChangeRoutes, accountRoutes } from './features/account/account.routes.ts'
import { apiKeyRoutes } from './features/api-keys/api-keys.routes.ts'
import { auditRoutes } from './features/audit/audit.routes.ts'
import { chatRoutes, chatRoutesForManagers } from './features/chat/chat.routes.ts'
import { completionRoutes } from './features/chat/completions.routes.ts'
import { conversationRoutes } from './features/chat/conversations.routes.ts'
import { streamRoutes, streamRoutesForManagers } from './features/chat/streams.routes.ts'
import { connectRoutes } from './features/connect/connect.routes.ts'
import { connectionRoutes } from './features/connections/connections.routes.ts'
import { documentRoutes } from './features/documents/documents.routes.ts'
import { domainRoutes } from './features/domains/domains.routes.ts'
import { limitRoutes } from './features/limits/limits.routes.ts'
import { mailboxRoutes } from './features/mailbox/mailbox.routes.ts'
import { priceRoutes } from './features/prices/prices.routes.ts'
import { databaseServerRoutes } from './features/database-servers/database-servers.routes.ts'
import { overviewRoutesForManagers, overviewRoutesForSuperusers } from './features/overview/overview.routes.ts'
import { inviteRoutes } from './features/registration/invites.routes.ts'
import { registrationRoutes } from './features/registration/registration.routes.ts'
import { retrievalRoutes } from './features/retrieval/retrieval.routes.ts'
import { createSignInSessions } from './features/sign-in/sessions.usecases.ts'
import { createSignInTries } from './features/sign-in/sign-in-tries.ts'
import { signInRoutes, signOutRoutes } from './features/sign-in/sign-in.routes.ts'
import { fleetRoutes } from './features/system/fleet.routes.ts'
import { metricsRoutes } from './features/system/metrics.routes.ts'
import { healthRoutes, systemRoutes } from './features/system/system.routes.ts'
import { tenantUserRoutes } from './features/tenant-users/tenant-users.routes.ts'
import { archiveRoutes } from './features/tenants/archive.routes.ts'
import { moveRoutes } from './features/tenants/moves.routes.ts'
import { promptRoutes } from './features/tenants/prompts.routes.ts'
import { organizationRoutesForOne, organizationRoutesForOwners } from './features/tenants/organizations.routes.ts'
import { tenantRoutesForManagers, tenantRoutesForSuperusers } from './features/tenants/tenants.routes.ts'
import { usageRoutesForManagers, usageRoutesForSuperusers } from './features/usage/usage.routes.ts'
import { userRoutes } from './features/users/users.routes.ts'
import type { VerifiedOrigins } from './data/verified-origins.ts'
import { AppError } from './platform/errors.ts'
import { newId } from './platform/ids.ts'
import { createApiKeyUse } from './http/api-key-use.ts'
import { createApiDocument } from './http/api-docs.ts'
import { apiDocsViewer } from './http/api-docs-viewer.ts'
import { compressedAnswers } from './http/compressed-answers.ts'
import type { ConsoleFiles } from './http/console-files.ts'
import { createDenialAudit } from './http/denial-audit.ts'
import { createIdentity } from './http/identity.ts'
import { createOwnOrigin } from './http/own-origin.ts'
import { answerProblem, describeProblem, requestMalformed, routeNotFound, serverError } from './http/problem-details.ts'
import { boundedBodies } from './http/request-body.ts'
import { limitRequests } from './http/request-ceiling.ts'
import { refuseUnroutable, refuseWhenFull, requestLog } from './http/request-log.ts'
import { createRequestMetrics } from './http/request-metrics.ts'
import { audienceKey, type Gates, publicRoutes } from './http/routes.ts'
import { createTenantGate } from './http/tenant-gate.ts'
import { traceTenantGate } from './http/traced-tenant-gate.ts'
import { createAccessTokens } from './http/tokens.ts'
import type { Services } from './services.ts'

/** The whole HTTP side: hooks in a fixed order, then the features. */
export function createApp(services: Services, options: { consoleFiles: ConsoleFiles; isDraining: () => boolean }) {
  const { config, core, databases, directories, verifiedOrigins, clock, log } = services
  const now = (): Date => clock.now()
  const accessTokens = createAccessTokens({
    secret: config.jwtSecretKey,
    previousSecret: config.jwtSecretKeyPrevious,
    algorithm: config.jwtAlgorithm,
    lifetimeSeconds: config.accessTokenSeconds,
    now,
  })
  const identity = createIdentity({
    tokens: accessTokens,
    directories,
    apiKeyUse: createApiKeyUse({ core, clock, log }),
    now,
  })
  const denials = createDenialAudit({ db: core.db, log })
  const gate = createTenantGate({ directories, databases, verifiedOrigins, denials, clock })
  const tenantGate = services.tracing ? traceTenantGate(gate, services.tracing) : gate
  const counted = limitRequests(identity, {
    requestsPerMinuteMax: config.requestsPerMinuteMax,
    redis: services.redis,
    clock,
  })
  const gates: Gates = { identity: counted, tenantGate, directories, denials }
  const ownOrigin = createOwnOrigin(config)
  const sessions = createSignInSessions({
    core,
    directories,
    accessTokens,
    refreshTokens: services.refreshTokens,
    clock,
  })

  const signInTries = createSignInTries({ core, clock, log })

  const system = { ...services, isDraining: options.isDraining }

  // In groups, as TypeScript gives up on one chain of them all.
  const people = new Elysia({ name: 'people' })
    .use(signInRoutes({ ...services, sessions, signInTries, ownOrigin, tenantGate }))
    .use(signOutRoutes({ sessions, gates, ownOrigin }))
    .use(registrationRoutes({ ...services, tenantGate }))
    .use(accountRoutes({ ...services, gates }))
    .use(accountChangeRoutes({ ...services, gates }))
    .use(userRoutes({ ...services, gates }))
    .use(tenantUserRoutes({ ...services, gates }))
    .use(inviteRoutes({ ...services, gates, ownOrigin }))
    .use(mailboxRoutes({ ...services, gates, ownOrigin }))
  const bots = new Elysia({ name: 'bots' })
    .use(chatRoutes({ ...services, gates }))
    .use(conversationRoutes({ gates }))
    .use(completionRoutes({ ...services, gates }))
    .use(chatRoutesForManagers({ ...services, gates }))
    .use(streamRoutes({ ...services, gates }))
    .use(streamRoutesForManagers({ ...services, gates }))
    .use(promptRoutes({ ...services, gates }))
    .use(limitRoutes({ ...services, gates }))
    .use(priceRoutes({ ...services, gates }))
    .use(connectionRoutes({ ...services, gates }))
    .use(retrievalRoutes({ ...services, gates }))
    .use(domainRoutes({ ...services, ownOrigin: ownOrigin.publicOrigin, gates }))
    .use(documentRoutes({ ...services, gates }))
    .use(connectRoutes({ config, ownOrigin, gates }))
    .use(apiKeyRoutes({ ...services, gates }))
  const tenants = new Elysia({ name: 'tenants' })
    .use(tenantRoutesForSuperusers({ ...services, gates }))
    .use(tenantRoutesForManagers({ ...services, gates }))
    .use(organizationRoutesForOwners({ ...services, gates }))
    .use(organizationRoutesForOne({ ...services, gates }))
    .use(archiveRoutes({ ...services, gates }))
    .use(moveRoutes({ ...services, gates }))
  const operation = new Elysia({ name: 'operation' })
    .use(usageRoutesForSuperusers({ core, clock, gates }))
    .use(usageRoutesForManagers({ core, clock, gates }))
    .use(auditRoutes({ core, gates }))
    .use(overviewRoutesForSuperusers({ ...services, gates }))
    .use(overviewRoutesForManagers({ ...services, gates }))
    .use(databaseServerRoutes({ ...services, gates }))
    .use(systemRoutes({ ...system, gates }))
    .use(fleetRoutes({ ...services, gates }))
    .use(healthRoutes(system))
    .use(metricsRoutes(services))
  const api = new Elysia({ name: 'api' }).use(people).use(bots).use(tenants).use(operation)

  const publicPaths = listPublicPaths(api)

  return new Elysia({
    aot: true,
    serve: {
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      idleTimeout: 30,
      reusePort: false,
      development: false,
      error: answerCrash,
    },
  })
    .onError(async ({ error, code, request, route }) => {
      if (code === 'NOT_FOUND') return answerProblem(routeNotFound({ detail: 'There is no such route.' }), request, log)
      if (code !== 'PARSE') return answerProblem(error, request, log)
      // The body is read before any gate: whoever is not signed in learns that first.
      const refusal = publicPaths.has(`${request.method} ${route}`)
        ? undefined
        : await identity.identify(request).then(
            () => undefined,
            (thrown: unknown) => thrown,
          )
      const malformed =
        error.cause instanceof AppError
          ? error.cause
          : requestMalformed({ detail: 'The body is not what its content-type says.' })
      return answerProblem(refusal ?? malformed, request, log)
    })
    .use(
      requestLog({
        log,
        clock,
        metrics: createRequestMetrics(services.metrics),
        tracing: services.tracing,
        trustedProxyHops: config.trustedProxyHops,
      }),
    )
    .use(
      cors({
        origin: (request) => isAllowedOrigin(request, config.corsOrigins, verifiedOrigins),
        methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
        allowedHeaders: ['authorization', 'content-type', 'x-tenant', 'idempotency-key', 'last-event-id'],
        exposeHeaders: [
          'x-request-id',
          'retry-after',
          'x-ratelimit-limit-requests',
          'x-ratelimit-remaining-requests',
          'x-ratelimit-reset-requests',
          'x-ratelimit-limit-tokens',
          'x-ratelimit-remaining-tokens',
          'x-ratelimit-reset-tokens',
        ],
        credentials: false,
        maxAge: 600,
      }),
    )
    .use(refuseUnroutable())
    .use(refuseWhenFull(services.diskSpace))
    .use(boundedBodies())
    .use(compressedAnswers())
    .use(api)
    .use(pageRoutes({ consoleFiles: options.consoleFiles, document: createApiDocument(api) }))
}

/** The server's type, for the console's client. */
export type App = ReturnType<typeof createApp>

function pageRoutes(parts: { consoleFiles: ConsoleFiles; document: ReturnType<typeof createApiDocument> }) {
  const viewer = apiDocsViewer()
  const hidden = { detail: { hide: true } }
  const showViewer = ({ request }: { request: Request }): Response => {
    const response = viewer(new URL(request.url).pathname)
    if (!response) throw routeNotFound({ detail: 'There is no such route.' })
    return response
  }
  const showConsole = ({ request }: { request: Request }): Promise<Response> =>
    parts.consoleFiles(request, new URL(request.url).pathname)
  return publicRoutes('', 'Pages')
    .get('/', ({ redirect }) => redirect('/console/', 302), hidden)
    .get('/swagger', showViewer, hidden)
    .get('/swagger/assets/*', showViewer, hidden)
    .get('/swagger/json', parts.document, hidden)
    .get('/console', showConsole, hidden)
    .get('/console/*', showConsole, hidden)
}

function listPublicPaths(api: AnyElysia): Set<string> {
  const isPublic = (hooks: { detail?: object }): boolean => Reflect.get(hooks.detail ?? {}, audienceKey) === 'public'
  return new Set(api.routes.filter((route) => isPublic(route.hooks)).map((route) => `${route.method} ${route.path}`))
}

/** What Bun itself answers with when nothing of ours caught an error: never its own page with source code in it. */
function answerCrash(): Response {
  const requestId = newId()
  return new Response(JSON.stringify(describeProblem(serverError(), requestId)), {
    status: 500,
    headers: { 'content-type': 'application/problem+json', 'x-request-id': requestId },
  })
}

/** Exactly the listed origins and the tenants' verified ones; `null`, suffixes and other ports are none of them. */
function isAllowedOrigin(request: Request, origins: string[], verified: VerifiedOrigins): boolean {
  const origin = request.headers.get('origin')
  return origin !== null && (origins.includes(origin) || verified.tenantOf(origin) !== undefined)
}
