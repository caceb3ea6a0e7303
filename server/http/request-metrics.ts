import { Counter, Gauge, Histogram } from 'prom-client'
import type { Metrics } from '../platform/metrics.ts'

/** Counts requests. */
export interface RequestMetrics {
  /** Once for each, when its answer ended. */
  ended(request: EndedRequest): void
  /** An answer goes on as an event stream after its headers; what it gives is called when that has ended. */
  streamOpened(): () => void
}

/** What is counted of a request. */
export interface EndedRequest {
  method: string
  /** The route's pattern; empty when none matched. */
  route: string
  status: number
  durationMs: number
  /** The code of its problem, also of one that ended its stream. */
  problemCode: string | undefined
  tenantId: string | undefined
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** The method, or `other`: callers may send any word as one. */
export function nameMethod(method: string): string {
  return methods.has(method) ? method : 'other'
}

/** No tenant can be called so. */
const noTenant = '_none'
const signInRoutes = new Set(['/auth/login', '/auth/token'])

/** Registers the figures of requests. Their labels come from the route table and the table of errors, never from callers. */
export function createRequestMetrics({ registry, tenants }: Metrics): RequestMetrics {
  const registers = [registry]
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Answered requests; streams when they have ended',
    labelNames: ['method', 'route', 'status'],
    registers,
  })
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'From arrival to the end of the answer, streams included',
    labelNames: ['method', 'route'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 300],
    registers,
  })
  const problems = new Counter({
    name: 'tenantry_problems_total',
    help: 'Problems that callers got, by code (docs/errors.md), in answers and in streams',
    labelNames: ['code'],
    registers,
  })
  const refusals = new Counter({
    name: 'tenantry_limit_refusals_total',
    help: 'Requests refused by a limit',
    labelNames: ['tenant', 'limit'],
    registers,
  })
  const signInFailures = new Counter({
    name: 'tenantry_sign_in_failures_total',
    help: 'Sign-ins that were refused, by the code of the refusal',
    labelNames: ['code'],
    registers,
  })
  const openStreams = new Gauge({ name: 'tenantry_open_streams', help: 'Answers that are being streamed', registers })

  return {
    ended({ method: sent, route: matched, status, durationMs, problemCode: code, tenantId }) {
      const method = nameMethod(sent)
      const route = matched || 'unmatched'
      requests.inc({ method, route, status })
      duration.observe({ method, route }, durationMs / 1000)
      if (code === undefined) return
      problems.inc({ code })
      if (code.startsWith('limit.')) {
        refusals.inc({ tenant: tenantId === undefined ? noTenant : tenants.of(tenantId), limit: code.slice(6) })
      }
      if (signInRoutes.has(route)) signInFailures.inc({ code })
    },
    streamOpened() {
      openStreams.inc()
      return () => openStreams.dec()
    },
  }
}
