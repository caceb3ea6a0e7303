import ipaddr from 'ipaddr.js'
import type { Clock } from '../platform/clock.ts'
import type { ErrorFactory } from '../platform/errors.ts'
import type { TenantId } from '../platform/ids.ts'
import { type AttemptLimit, createAttemptLimit } from '../platform/rate-limit.ts'
import { factsOf } from './request-facts.ts'

const hourMs = 3_600_000
const keysMax = 100_000

/**
 * How often an hour one client may do something; `ensure` throws 429 with `Retry-After`. Whoever has an IPv6 address
 * has 2^64 of them, so those of one network count as one.
 */
export interface HourlyLimit {
  ensure(request: Request): void
  /** The same for what is counted by tenant instead. */
  ensureTenant(id: TenantId): void
}

/** Makes a limit that is told by this error. */
export function createHourlyLimit(options: { max: number; error: ErrorFactory; clock: Clock }): HourlyLimit {
  const limit = createAttemptLimit({ max: options.max, windowMs: hourMs, keysMax, clock: options.clock })
  return {
    ensure: (request) =>
      take({ ...options, limit, scope: 'address', key: networkOf(factsOf(request).address ?? 'unknown') }),
    ensureTenant: (id) => take({ ...options, limit, scope: 'tenant', key: id }),
  }
}

function take(options: {
  limit: AttemptLimit
  scope: 'address' | 'tenant'
  key: string
  error: ErrorFactory
  clock: Clock
}): void {
  const { limit, scope, clock } = options
  const { allowed, spent, endsInMs } = limit.take(options.key)
  if (allowed) return
  const seconds = Math.max(1, Math.ceil(endsInMs / 1000))
  throw options.error({
    detail: `That is ${limit.max} within an hour. Try again in ${Math.ceil(seconds / 60)} minutes.`,
    headers: { 'retry-after': String(seconds) },
    extensions: {
      scope,
      limit: limit.max,
      spent,
      resets_at: new Date(clock.now().getTime() + endsInMs).toISOString(),
    },
  })
}

/** What an address counts as: itself, or of IPv6 its network. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  return parsed.kind() === 'ipv4' ? parsed.toString() : parsed.toByteArray().slice(0, 8).join('.')
}
