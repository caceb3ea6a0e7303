import { Elysia } from 'elysia'
import type { Clock } from '../platform/clock.ts'
import { enterLogContext, type Log } from '../platform/log.ts'
import { requestMalformed, requestTooLarge } from './problem-details.ts'
import { factsOf, noteRequest, readClientAddress } from './request-facts.ts'

/** The largest body of a JSON route, in bytes. */
export const bodyBytesMax = 2 * 1024 * 1024

/**
 * The first thing that sees a request: gives it its id, clock and log context, refuses what cannot be routed, and writes
 * one line when it is answered. It never logs a body or a query.
 */
export function requestLog(options: { log: Log; clock: Clock; trustedProxyHops: number }) {
  const { log, clock } = options
  return new Elysia({ name: 'request-log' })
    .onRequest(({ request, server, set }) => {
      const peer = server?.requestIP(request)?.address ?? null
      const facts = noteRequest(request, {
        startedMs: clock.monotonicMs(),
        address: readClientAddress(request, { peer, trustedProxyHops: options.trustedProxyHops }),
      })
      enterLogContext({ request_id: facts.requestId })
      set.headers['x-request-id'] = facts.requestId
      set.headers['x-content-type-options'] = 'nosniff'
      refuseUnroutable(request)
    })
    .onAfterResponse({ as: 'global' }, ({ request, route, set }) => {
      const facts = factsOf(request)
      log.info(
        {
          request_id: facts.requestId,
          method: request.method,
          route: route || new URL(request.url).pathname.slice(0, 200),
          status: set.status ?? 200,
          duration_ms: Math.round(clock.monotonicMs() - facts.startedMs),
          user_id: facts.userId,
          tenant_id: facts.tenantId,
        },
        'request',
      )
    })
}

function refuseUnroutable(request: Request): void {
  const { url } = request
  // Elysia looks for the path behind the 11th character, so a short Host would shift it (libraries.md, trap 4).
  const pathStart = url.indexOf('/', url.indexOf('://') + 3)
  if (pathStart < 11) throw requestMalformed({ detail: 'The Host header is too short to be routed.' })
  if (url.includes('%00')) throw requestMalformed({ detail: 'The address must not contain NUL characters.' })
  const length = Number(request.headers.get('content-length') ?? 0)
  if (length > bodyBytesMax) throw requestTooLarge({ detail: `A body may have at most ${bodyBytesMax} bytes.` })
}
