import { newId } from '../platform/ids.ts'
import { addToLogContext } from '../platform/log.ts'
import type { Span } from '../platform/tracing.ts'

/** What is known of a request before anything of it is read. */
export interface RequestFacts {
  requestId: string
  /** Monotonic milliseconds at arrival. */
  startedMs: number
  /** The client's address, as far as it can be trusted. */
  address: string | null
  /** Filled in by the gates, for the log and the audit log. */
  userId?: string
  tenantId?: string
  /** Of the problem that answered it. */
  problemStatus?: number
  /** The code of the problem that it ended with, in its answer or in its stream. */
  problemCode?: string
  streamId?: string
  /** When requests are traced. */
  span?: Span
  /** Resolves when an answer that goes on after its headers has ended; undefined for all others. */
  bodyEnded?: Promise<void>
}

const factsByRequest = new WeakMap<Request, RequestFacts>()

/** Notes the facts of a request at its arrival. */
export function noteRequest(request: Request, options: { startedMs: number; address: string | null }): RequestFacts {
  const facts: RequestFacts = { requestId: newId(), ...options }
  factsByRequest.set(request, facts)
  return facts
}

/** The facts of a request that arrived through the app. */
export function factsOf(request: Request): RequestFacts {
  return factsByRequest.get(request) ?? noteRequest(request, { startedMs: performance.now(), address: null })
}

/** Notes the tenant that a request has to do with, for all that is written about it from then on. */
export function noteTenant(request: Request, tenantId: string): void {
  factsOf(request).tenantId = tenantId
  addToLogContext({ tenant_id: tenantId })
}

/**
 * Notes that an answer goes on after its headers, so that its request is logged and counted when that has ended.
 * @returns is called at the end, with the code of the problem if there was one; only the first call counts
 */
export function noteStream(request: Request, streamId?: string): (problemCode?: string) => void {
  const facts = factsOf(request)
  const { promise, resolve } = Promise.withResolvers<void>()
  facts.streamId = streamId
  facts.bodyEnded = promise
  return (problemCode) => {
    facts.problemCode ??= problemCode
    resolve()
  }
}

/**
 * The client's address: the socket's peer, or with trusted proxies in front the entry of X-Forwarded-For that the
 * outermost trusted one wrote. Entries further left are the client's own words.
 */
export function readClientAddress(
  request: Request,
  options: { peer: string | null; trustedProxyHops: number },
): string | null {
  if (options.trustedProxyHops === 0) return options.peer
  const forwarded = (request.headers.get('x-forwarded-for') ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)
  const named = forwarded.at(-options.trustedProxyHops)
  return named === undefined ? options.peer : withoutPort(named)
}

/** Some proxies name the port, too, which is another with each connection of the same client. */
function withoutPort(address: string): string {
  const [, v6, v4] = /^(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)$/.exec(address) ?? []
  return v6 ?? v4 ?? address
}
