import ipaddr from 'ipaddr.js'
import { takeAttempt } from '../data/attempts.data.ts'
import type { CoreDatabase } from '../data/core-database.ts'
import type { Clock } from '../platform/clock.ts'
import type { ErrorFactory } from '../platform/errors.ts'
import type { TenantId } from '../platform/ids.ts'
import { occurrenceOf } from '../platform/refused-attempts.ts'
import { factsOf } from './request-facts.ts'

const windowMs = 3_600_000
const refusalsKeptMax = 100_000

/**
 * How often an hour one client may do something, at all replicas together; `ensure` throws 429 with `Retry-After`.
 * Whoever has an IPv6 address has 2^64 of them, so those of one network count as one.
 */
export interface HourlyLimit {
  ensure(request: Request): Promise<void>
  /** The same for what is counted by tenant instead. */
  ensureTenant(id: TenantId): Promise<void>
}

/**
 * Makes a limit that is told by this error. It counts in the core database, as sign-ins are counted (decision 0021);
 * what was refused once this process refuses by itself until the window ends on the monotonic clock.
 * @param options.name of what is counted; limits of one name are one
 */
export function createHourlyLimit(options: {
  name: string
  max: number
  error: ErrorFactory
  core: CoreDatabase
  clock: Clock
}): HourlyLimit {
  const { name, max, error, core, clock } = options
  const refusedUntilMs = new Map<string, number>()

  function refuse(scope: 'address' | 'tenant', endsInMs: number): Error {
    const tell = (wait: string): string => `That is ${max} within an hour. Try again in ${wait}.`
    return error(occurrenceOf({ scope, limit: max, spent: max, endsInMs, now: clock.now(), tell }))
  }

  async function take(scope: 'address' | 'tenant', of: string): Promise<void> {
    const key = core.digest(`${name} by ${scope} ${of}`)
    const leftMs = (refusedUntilMs.get(key) ?? 0) - clock.monotonicMs()
    if (leftMs > 0) throw refuse(scope, leftMs)
    refusedUntilMs.delete(key)
    const { allowed, endsInMs } = await takeAttempt(core.db, { key, max, windowMs })
    if (allowed) return
    if (refusedUntilMs.size >= refusalsKeptMax) refusedUntilMs.clear()
    refusedUntilMs.set(key, clock.monotonicMs() + endsInMs)
    throw refuse(scope, endsInMs)
  }

  return {
    ensure: (request) => take('address', networkOf(factsOf(request).address ?? 'unknown')),
    ensureTenant: (id) => take('tenant', id),
  }
}

/** What an address counts as: itself, or of IPv6 its network. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  return parsed.kind() === 'ipv4' ? parsed.toString() : parsed.toByteArray().slice(0, 8).join('.')
}
