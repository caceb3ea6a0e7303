import { createAttemptExchange } from '../platform/attempt-exchange.ts'
import type { Clock } from '../platform/clock.ts'
import { defineError } from '../platform/errors.ts'
import { createAttemptLimit } from '../platform/rate-limit.ts'
import type { Redis } from '../platform/redis.ts'
import { occurrenceOf } from '../platform/refused-attempts.ts'
import type { Identity } from './identity.ts'

const tooManyRequests = defineError({
  code: 'limit.requests_per_minute',
  status: 429,
  title: 'Too many requests in this minute',
})

const windowMs = 60_000
const callersMax = 100_000
/** They have limits of their own, of tenants and users (design §7). */
const modelPaths = /\/(chat|chat\/stream|v1\/chat\/completions)\/?$/

/**
 * The same identity with a ceiling for each caller: so many requests a minute that call no model. With Redis the
 * replicas count together, yet no request waits for it (decision 0026). Throws `limit.requests_per_minute` 429 past it.
 */
export function limitRequests(
  identity: Identity,
  options: { requestsPerMinuteMax: number; redis: Redis | undefined; clock: Clock },
): Identity {
  const { requestsPerMinuteMax: max, redis, clock } = options
  const share = redis && createAttemptExchange({ redis, name: 'requests', windowMs, clock })
  const limit = createAttemptLimit({ max, windowMs, keysMax: callersMax, clock, share })
  return {
    ...identity,
    async identify(request) {
      const principal = await identity.identify(request)
      if (request.method === 'POST' && modelPaths.test(new URL(request.url).pathname)) return principal
      const { allowed, spent, endsInMs } = limit.take(principal.userId)
      if (allowed) return principal
      throw tooManyRequests(
        occurrenceOf({
          scope: 'caller',
          limit: max,
          spent,
          endsInMs,
          now: clock.now(),
          tell: (wait) => `One caller may make ${max} requests a minute here. Try again in ${wait}.`,
          headers: (seconds) => ({
            'x-ratelimit-limit-requests': String(max),
            'x-ratelimit-remaining-requests': '0',
            'x-ratelimit-reset-requests': seconds,
          }),
        }),
      )
    },
  }
}
