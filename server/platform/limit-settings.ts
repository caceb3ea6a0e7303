import { type Static, Type } from '@sinclair/typebox'

/** What can be limited, in the order in which it is checked. */
export const limitNames = [
  'requests_per_minute',
  'tokens_per_minute',
  'concurrent_streams',
  'tokens_per_month',
  'cost_per_month_micro_usd',
] as const
/** One of them. */
export type LimitName = (typeof limitNames)[number]

/** Whether it counts a calendar month; the others count a minute, or what is under way. */
export function isMonthly(name: LimitName): boolean {
  return name === 'tokens_per_month' || name === 'cost_per_month_micro_usd'
}

/** A value for each; null is unlimited. */
export type LimitValues = Record<LimitName, number | null>

const amountMax = 1_000_000_000_000_000
const amount = Type.Union([Type.Integer({ minimum: 0, maximum: amountMax }), Type.Null()], {
  error: `must be a whole number from 0 to ${amountMax.toLocaleString('en-US')}, or null for no limit of its own`,
})
const amounts = {
  requests_per_minute: Type.Optional(amount),
  tokens_per_minute: Type.Optional(amount),
  concurrent_streams: Type.Optional(amount),
  tokens_per_month: Type.Optional(amount),
  cost_per_month_micro_usd: Type.Optional(amount),
}
const exactly = { additionalProperties: false }
const soft = Type.Object(amounts, { ...exactly, description: 'Warns from there on, without refusing anything' })
const pair = Type.Object({ ...amounts, soft: Type.Optional(soft) }, exactly)

/**
 * Limits of a tenant as a whole, and in `per_user` of each of its users: requests are refused from the value itself on,
 * and warned of from that in `soft` on. What is absent or null is not limited here; the platform's defaults, which have
 * the same shape, then apply.
 */
export const limitSettings = Type.Object(
  { ...amounts, soft: Type.Optional(soft), per_user: Type.Optional(pair) },
  exactly,
)
/** Limits as they are stored and set. */
export type TenantLimits = Static<typeof limitSettings>
type LimitPair = Static<typeof pair>
type LimitAmounts = Static<typeof soft>

/** What is in force for one counter: refusals and warnings. */
export interface EffectiveLimits {
  hard: LimitValues
  soft: LimitValues
}

/** What is in force for a tenant as a whole and for each of its users. */
export interface LimitsInForce {
  tenant: EffectiveLimits
  user: EffectiveLimits
}

/** The tenant's own values, and the platform's where it has none. */
export function resolveLimits(own: TenantLimits, defaults: TenantLimits): LimitsInForce {
  return {
    tenant: resolvePair(own, defaults),
    user: resolvePair(own.per_user, defaults.per_user),
  }
}

/** The limits with what is given changed; null takes a limit away. */
export function changeLimits(before: TenantLimits, changes: TenantLimits): TenantLimits {
  return {
    ...changePair(before, changes),
    ...omitEmpty({ per_user: changePair(before.per_user ?? {}, changes.per_user ?? {}) }),
  }
}

/** Paths such as `per_user.soft.tokens_per_month` of warnings that would come after the refusal, and so never. */
export function listUselessWarnings(limits: LimitsInForce): string[] {
  return (['tenant', 'user'] as const).flatMap((scope) =>
    limitNames
      .filter((name) => (limits[scope].soft[name] ?? 0) > (limits[scope].hard[name] ?? Infinity))
      .map((name) => `${scope === 'user' ? 'per_user.' : ''}soft.${name}`),
  )
}

function changePair(before: LimitPair, changes: LimitPair): LimitPair {
  return {
    ...changeAmounts(before, changes),
    ...omitEmpty({ soft: changeAmounts(before.soft ?? {}, changes.soft ?? {}) }),
  }
}

function changeAmounts(before: LimitAmounts, changes: LimitAmounts): LimitAmounts {
  const after: LimitAmounts = {}
  for (const name of limitNames) {
    const value = changes[name] === undefined ? before[name] : changes[name]
    if (value !== undefined && value !== null) after[name] = value
  }
  return after
}

function omitEmpty<T extends Record<string, object>>(parts: T): Partial<T> {
  return Object.values(parts).every((part) => Object.keys(part).length === 0) ? {} : parts
}

function resolvePair(own: LimitPair | undefined, defaults: LimitPair | undefined): EffectiveLimits {
  return { hard: fill(own, defaults), soft: fill(own?.soft, defaults?.soft) }
}

function fill(own: LimitAmounts | undefined, defaults: LimitAmounts | undefined): LimitValues {
  const value = (name: LimitName): number | null => own?.[name] ?? defaults?.[name] ?? null
  return {
    requests_per_minute: value('requests_per_minute'),
    tokens_per_minute: value('tokens_per_minute'),
    concurrent_streams: value('concurrent_streams'),
    tokens_per_month: value('tokens_per_month'),
    cost_per_month_micro_usd: value('cost_per_month_micro_usd'),
  }
}
