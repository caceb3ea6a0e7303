import { Elysia } from 'elysia'
import { hideApiKeys } from '../platform/api-keys.ts'
import type { Clock } from '../platform/clock.ts'
import { type DiskSpace, storageFull } from '../platform/disk-space.ts'
import { enterLogContext, type Log, PlainFields } from '../platform/log.ts'
import type { Tracing } from '../platform/tracing.ts'
import { requestMalformed } from './problem-details.ts'
import { ensureBodyFits } from './request-body.ts'
import { factsOf, noteRequest, readClientAddress, type RequestFacts } from './request-facts.ts'
import { nameMethod, type RequestMetrics } from './request-metrics.ts'

/**
 * The first thing that sees a request: gives it its id, clock and log context, and writes one line and counts it when it
 * is answered; when the answer is a stream, once that has ended. It never logs a body or a query.
 */
export function requestLog(options: {
  log: Log
  clock: Clock
  metrics: RequestMetrics
  tracing: Tracing | undefined
  trustedProxyHops: number
}) {
  const { log, clock, metrics } = options

  function writeDown(request: Request, answer: { route: string; status: number }): void {
    const facts = factsOf(request)
    const durationMs = clock.monotonicMs() - facts.startedMs
    const { method } = request
    const { route, status } = answer
    metrics.ended({
      method,
      route,
      status,
      durationMs,
      problemCode: facts.problemCode,
      tenantId: facts.tenantId,
    })
    endSpan(facts, { method, route, status })
    log.info(
      new PlainFields({
        request_id: facts.requestId,
        trace_id: facts.span?.traceId,
        method,
        // Unmatched paths are told as they came; they may hold anything, and hosts that are none.
        route: route || hideApiKeys(URL.parse(request.url)?.pathname ?? 'unreadable').slice(0, 200),
        status,
        duration_ms: Math.round(durationMs),
        code: facts.problemCode,
        user_id: facts.userId,
        tenant_id: facts.tenantId,
        stream_id: facts.streamId,
      }),
      'request',
    )
  }

  return new Elysia({ name: 'request-log' })
    .onRequest(({ request, server, set }) => {
      const peer = server?.requestIP(request)?.address ?? null
      const facts = noteRequest(request, {
        startedMs: clock.monotonicMs(),
        address: readClientAddress(request, { peer, trustedProxyHops: options.trustedProxyHops }),
      })
      if (!probes.test(request.url)) facts.span = options.tracing?.enterRequest(request.headers.get('traceparent'))
      enterLogContext({ request_id: facts.requestId })
      set.headers['x-request-id'] = facts.requestId
      set.headers['x-content-type-options'] = 'nosniff'
    })
    .onAfterResponse({ as: 'global' }, async ({ request, route, responseValue, set }) => {
      const { bodyEnded, streamId, problemStatus } = factsOf(request)
      const status = problemStatus ?? statusOf(responseValue, set.status)
      if (bodyEnded) {
        const closed = streamId === undefined ? undefined : metrics.streamOpened()
        await bodyEnded
        closed?.()
      }
      // Whatever its type says, there is none when nothing matched. The first route of a group ends with a slash.
      writeDown(request, { route: (route || '').replace(/(.)\/$/, '$1'), status })
    })
}

/** What asks every second whether the server is there would fill a collector with spans that tell nothing. */
const probes = /^(?:https?:\/\/[^/]*)?\/(?:health|metrics)(?:[/?]|$)/

/** What was sent: a `Response` has its own status, unless it left that to the route. */
function statusOf(answer: unknown, set: number | string | undefined): number {
  return answer instanceof Response && answer.status !== 200 ? answer.status : Number(set ?? 200)
}

/** Ends a request's span, if it has one; a path that matched nothing may hold anything, so it is not told. */
function endSpan(facts: RequestFacts, answer: { method: string; route: string; status: number }): void {
  const { span } = facts
  if (!span) return
  const method = nameMethod(answer.method)
  const route = answer.route || 'unmatched'
  span.rename(`${method} ${route}`)
  span.set({
    'http.request.method': method,
    'http.route': route,
    'http.response.status_code': answer.status,
    'tenantry.request_id': facts.requestId,
    ...(facts.tenantId === undefined ? {} : { 'tenantry.tenant': facts.tenantId }),
    ...(facts.userId === undefined ? {} : { 'tenantry.user': facts.userId }),
    ...(facts.streamId === undefined ? {} : { 'tenantry.stream': facts.streamId }),
  })
  if (facts.problemCode !== undefined) {
    span.set({ 'tenantry.problem': facts.problemCode })
    if (answer.status >= 500 || answer.status === 200) span.fail(facts.problemCode)
  }
  span.end()
}

/** Refuses what cannot be routed or is too large; after CORS, so that a browser may read why. */
export function refuseUnroutable() {
  return new Elysia({ name: 'refuse-unroutable' }).onRequest(({ request }) => checkRoutable(request))
}

/** What the checks of proxies ask for without a Host, as HTTP/1.0 allows; the address is then the path alone. */
const hostlessPaths = new Set(['/health', '/health/db', '/health/ready'])

function checkRoutable(request: Request): void {
  const { url } = request
  if (hostlessPaths.has(url) && readingMethods.has(request.method)) return
  // A Host header may be no host at all; everything behind this line parses the address.
  if (!URL.canParse(url)) throw requestMalformed({ detail: 'The Host header cannot be read.' })
  // Elysia looks for the path behind the 11th character, so a short Host would shift it (libraries.md, trap 4).
  const pathStart = url.indexOf('/', url.indexOf('://') + 3)
  if (pathStart < 11) throw requestMalformed({ detail: 'The Host header is too short to be routed.' })
  if (url.includes('%00')) throw requestMalformed({ detail: 'The address must not contain NUL characters.' })
  ensureBodyFits(request)
}

const readingMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Refuses what would write while the disk of the embedded database is nearly full; throws `server.storage_full` 507. */
export function refuseWhenFull(diskSpace: DiskSpace | undefined) {
  return new Elysia({ name: 'refuse-when-full' }).onRequest(({ request }) => {
    if (!diskSpace?.isLow || readingMethods.has(request.method)) return
    throw storageFull({
      detail: 'The server’s disk is nearly full, so nothing can be written. Its operator must make room.',
      headers: { 'retry-after': '60' },
    })
  })
}
