import { formatCount, formatMoney, formatPlural, formatShort } from '../../lib/numbers.ts'
import { formatDate } from '../../lib/times.ts'
import { readCost } from '../../lib/usage-totals.ts'
import type { TenantOverview } from './tenant-overview.queries.ts'

/** This month: what was used, what limits are in force, how it will end. */
type Month = TenantOverview['month']
/** A limit in force, and whether the tenant set it or the platform. */
type MonthLimit = Month['limits']['tokens_per_month']

const dayMs = 86_400_000

/** Something that is counted by the month, against its limit if there is one. */
export interface MonthMeasure {
  name: string
  /** “$1,421.40”. */
  used: string
  /** “$2,000.00”, “$2,000.00 by default” for the platform's; undefined without a limit. */
  limit: string | undefined
  /** 0 to 1 and beyond; undefined without a limit. */
  share: number | undefined
  /** Whether requests are refused because of it. */
  refused: boolean
}

/** What a month is made of: cost and tokens so far. */
export function measureMonth({ totals, limits }: Pick<Month, 'totals' | 'limits'>): readonly MonthMeasure[] {
  const { cost_per_month_micro_usd: costMax, tokens_per_month: tokensMax } = limits
  return [
    measure({ name: 'Cost', used: readCost(totals), limit: costMax, format: formatMoney }),
    measure({ name: 'Tokens', used: totals.total_tokens, limit: tokensMax, format: formatShort }),
  ]
}

function measure(options: {
  name: string
  used: number | null
  limit: MonthLimit
  format: (value: number) => string
}): MonthMeasure {
  const { name, used, format } = options
  const { limit } = options.limit
  const share = limit === null ? undefined : limit === 0 ? 1 : (used ?? 0) / limit
  return {
    name,
    used: used === null ? 'no price' : format(used),
    limit: writeLimit(options.limit, format),
    share,
    refused: share !== undefined && share >= 1,
  }
}

function writeLimit({ limit, source }: MonthLimit, format: (value: number) => string): string | undefined {
  if (limit === null) return undefined
  return source === 'platform' ? `${format(limit)} by default` : format(limit)
}

/** Limits that hold at each moment, in words; those that are not set are left out. */
export function listPaces(limits: Month['limits']): readonly { name: string; limit: string }[] {
  const { requests_per_minute: requests, tokens_per_minute: tokens, concurrent_streams: streams } = limits
  return [
    { name: 'Requests per minute', limit: requests },
    { name: 'Tokens per minute', limit: tokens },
    { name: 'Streams at once', limit: streams },
  ].flatMap(({ name, limit }) => {
    const words = writeLimit(limit, formatCount)
    return words === undefined ? [] : [{ name, limit: words }]
  })
}

/**
 * How the month will end at the pace so far: “Month ends in 10 days. At this pace $2,132.00: the cost limit is met on
 * 28 Nov.”
 */
export function forecastMonth(options: { month: Month; now: Date }): string {
  const { month, now } = options
  const days = Math.max(1, Math.ceil((Date.parse(month.to) - now.getTime()) / dayMs))
  const end = days === 1 ? 'Month ends today, UTC.' : `Month ends in ${formatPlural(days, 'day')}.`
  const { total_tokens: tokens, cost_micro_usd: cost } = month.forecast
  if (tokens === null) return `${end} A forecast needs its first day.`
  if (tokens === 0) return `${end} Nothing was used in it.`
  const pace = cost === null ? `${formatShort(tokens)} tokens` : formatMoney(cost)
  const { cost_per_month_micro_usd: costMax, tokens_per_month: tokensMax } = month.limits
  const met = [
    { name: 'cost', used: month.totals.cost_micro_usd ?? 0, limit: costMax.limit },
    { name: 'token', used: month.totals.total_tokens, limit: tokensMax.limit },
  ]
    .flatMap((one) => findMet({ ...one, month, now }))
    .sort((one, other) => one.at - other.at)[0]
  if (!met) return `${end} At this pace ${pace}.`
  if (met.at <= now.getTime()) return `${end} The ${met.name} limit is met: requests are refused until then.`
  return `${end} At this pace ${pace}: the ${met.name} limit is met on ${formatDate({ time: new Date(met.at), now })}.`
}

/** When a limit is met within the month at the pace so far. */
function findMet(options: {
  name: string
  used: number
  limit: number | null
  month: Month
  now: Date
}): { name: string; at: number }[] {
  const { name, used, limit, month, now } = options
  if (limit === null || used === 0) return []
  const from = Date.parse(month.from)
  const at = used >= limit ? now.getTime() : from + ((now.getTime() - from) * limit) / used
  return at < Date.parse(month.to) ? [{ name, at }] : []
}
