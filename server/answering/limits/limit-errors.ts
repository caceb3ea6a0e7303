import { isMonthly, type LimitName } from '../../platform/limit-settings.ts'
import { describeAmount } from '../../platform/limit-words.ts'
import { type AppError, defineError, type ErrorFactory } from '../../platform/errors.ts'
import { describeWait } from '../../platform/refused-attempts.ts'
import type { Standing } from './counters.ts'

/** The model has no price, and the tenant's cost is limited: what it costs could not be held back. */
export const priceUnknown = defineError({
  code: 'model.price_unknown',
  status: 503,
  title: 'The price of the model is not known',
})

const errors: Record<LimitName, ErrorFactory> = {
  requests_per_minute: defineError({
    code: 'limit.requests_per_minute',
    status: 429,
    title: 'Too many requests in this minute',
  }),
  tokens_per_minute: defineError({
    code: 'limit.tokens_per_minute',
    status: 429,
    title: 'Too many tokens in this minute',
  }),
  concurrent_streams: defineError({
    code: 'limit.concurrent_streams',
    status: 429,
    title: 'Too many answers at the same time',
  }),
  tokens_per_month: defineError({
    code: 'limit.tokens_per_month',
    status: 429,
    title: 'The tokens of this month are used up',
  }),
  cost_per_month_micro_usd: defineError({
    code: 'limit.cost_per_month_micro_usd',
    status: 429,
    title: 'The budget of this month is used up',
  }),
}

/** A refusal as it is told and kept. */
export interface LimitRefusal {
  name: LimitName
  code: string
  scope: 'tenant' | 'user'
  limit: number
  spent: number
  resetsAt: Date
  retryAfterSeconds: number
}

/** Answers under way end at any time, and what they hold comes back. */
const soonSeconds = 2

/** What a refusal tells: which counter, how full, and when it is worth coming back. */
export function describeRefusal(options: { standing: Standing; limit: number; now: Date }): LimitRefusal {
  const { standing, limit, now } = options
  const monthEndsAt = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1))
  const ofMonth = isMonthly(standing.name)
  const isOnlyHeld = standing.name === 'concurrent_streams' || (ofMonth && standing.spent - standing.held < limit)
  const windowEndsInMs = ofMonth ? monthEndsAt.getTime() - now.getTime() : (standing.endsInMs ?? soonSeconds * 1000)
  return {
    name: standing.name,
    code: errors[standing.name].definition.code,
    scope: standing.userId === null ? 'tenant' : 'user',
    limit,
    spent: standing.spent,
    resetsAt: new Date(now.getTime() + windowEndsInMs),
    retryAfterSeconds:
      isOnlyHeld && ofMonth && standing.held > 0 ? soonSeconds : Math.max(1, Math.ceil(windowEndsInMs / 1000)),
  }
}

/** The refusal as an error: 429 with `Retry-After` and everything the contract names. */
export function makeLimitError(refusal: LimitRefusal, options: { headers: Record<string, string> }): AppError {
  const { name, scope, limit, spent, resetsAt, retryAfterSeconds } = refusal
  const who = scope === 'tenant' ? 'This organization' : 'Each user'
  return errors[name]({
    detail: `${who} may have ${describeAmount(name, limit)}. Try again in ${describeWait(retryAfterSeconds)}.`,
    headers: { ...options.headers, 'retry-after': String(retryAfterSeconds) },
    extensions: { scope, limit, spent, resets_at: resetsAt.toISOString() },
  })
}

/** `x-ratelimit-*` of requests and tokens in this minute; where tenant and user are both limited, of the tighter one. */
export function rateLimitHeaders(
  standings: readonly Standing[],
  maxOf: (standing: Standing) => number,
): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [kind, name] of kinds) {
    const tightest = standings
      .filter((standing) => standing.name === name && maxOf(standing) !== Infinity)
      .map((standing) => ({ standing, max: maxOf(standing), left: Math.max(0, maxOf(standing) - standing.spent) }))
      .sort((a, b) => a.left - b.left)[0]
    if (!tightest) continue
    headers[`x-ratelimit-limit-${kind}`] = String(tightest.max)
    headers[`x-ratelimit-remaining-${kind}`] = String(tightest.left)
    headers[`x-ratelimit-reset-${kind}`] = String(Math.ceil((tightest.standing.endsInMs ?? 0) / 1000))
  }
  return headers
}

const kinds = [
  ['requests', 'requests_per_minute'],
  ['tokens', 'tokens_per_minute'],
] as const
