import {
  type EffectiveLimits,
  isMonthly,
  type LimitName,
  limitNames,
  type LimitsInForce,
  resolveLimits,
  type TenantLimits,
} from '../../platform/limit-settings.ts'
import type { ModelPrice } from '../../data/prices.data.ts'
import type { TenantRecord } from '../../data/tenants.data.ts'
import type { TenantId, UserId } from '../../platform/ids.ts'
import type { Log } from '../../platform/log.ts'
import { type Counted, type CounterScope, countsMonth, type Standing, type Taken } from './counters.ts'
import type { FallbackCounters } from './fallback-counters.ts'
import { describeRefusal, type LimitRefusal, makeLimitError, priceUnknown, rateLimitHeaders } from './limit-errors.ts'

/** Who asks for something that is limited. */
export interface LimitedCaller {
  tenant: TenantRecord
  userId: UserId
  requestId: string
  /** Tests of managers use up the month, but no requests, tokens or places of a minute. */
  purpose: 'chat' | 'test'
}

/** A place among a tenant's requests. Leave it when all is over, whatever became of it. */
export interface Seat {
  /** `x-ratelimit-*` as things stand. */
  readonly headers: Record<string, string>
  /** Whether tokens or cost are limited, and so what a call is said to take matters. */
  readonly countsTokens: boolean
  /**
   * Sets tokens and cost aside for a call; answers how much output it may have. Throws `limit.*` 429, and
   * `model.price_unknown` 503 where the cost is limited and the price is not known.
   */
  reserve(call: {
    id: string
    price: ModelPrice | undefined
    promptTokens: number
    outputTokensMax: number
  }): Promise<number>
  /** Counts what a reserved call took; call it once the ledger has it. Never throws. */
  settle(callId: string, taken: Taken): Promise<void>
  /** Gives the place among the answers under way back. Idempotent; never throws. */
  leave(): Promise<void>
}

/** A limit and where its counter stands. */
export interface LimitStanding extends Standing {
  /** Null: only warned of. */
  hard: number | null
  soft: number | null
}

/** What hears of limits: refusals one by one, and how full counters are. Must not throw. */
export interface LimitWatcher {
  refused(caller: LimitedCaller, refusal: LimitRefusal): void
  counted(caller: LimitedCaller, standings: LimitStanding[]): void
}

/** The limits of tenants and their users. */
export interface Limits {
  /** Counts a request and takes a place; throws `limit.*` 429. Costs nothing where nothing is limited. */
  admit(caller: LimitedCaller): Promise<Seat>
  /** What is in force for a tenant: its own limits, and the platform's where it has none. */
  inForce(tenant: Pick<TenantRecord, 'limits'>): LimitsInForce
  /** Where the counters of a tenant, or of one of its users, stand. */
  look(tenant: TenantRecord, userId: UserId | null): Promise<LimitStanding[]>
  /** What is counted of a tenant may be wrong: it is read from the ledger again. */
  distrust(tenantId: TenantId, userId: UserId | null, month: string): Promise<void>
  /** Forgets a tenant that was purged. What cannot be reached is forgotten when it ends by itself. */
  forget(tenantId: TenantId): Promise<void>
  /** Ends what replicas that are gone left behind; any replica may. */
  sweep(): Promise<void>
  stop(): void
}

/** What limits stand on. */
export interface LimitsParts {
  defaults: TenantLimits
  counters: FallbackCounters
  watcher: LimitWatcher
  /** The database's time, by which months are cut. */
  now: () => Date
  /** The tenant as it is now. */
  findTenant: (id: TenantId) => Promise<TenantRecord | undefined>
  log: Log
}

/** Less is no answer. */
const outputTokensMin = 16
const tokenLimits: readonly LimitName[] = ['tokens_per_minute', 'tokens_per_month', 'cost_per_month_micro_usd']

/** Limits over counters: who is counted where, what is refused, and who hears of it. */
export function createLimits(parts: LimitsParts): Limits {
  const { counters, watcher } = parts
  const resolved = new WeakMap<TenantLimits, LimitsInForce>()

  function inForce(tenant: Pick<TenantRecord, 'limits'>): LimitsInForce {
    let found = resolved.get(tenant.limits)
    if (!found) {
      found = resolveLimits(tenant.limits, parts.defaults)
      resolved.set(tenant.limits, found)
    }
    return found
  }

  function countedNow(tenant: TenantRecord, scopes: CounterScope[]): Counted {
    return { tenantId: tenant.id, month: monthOf(parts.now()), revision: revisionOf(tenant), scopes }
  }

  function refuse(caller: LimitedCaller, { refused, standings }: { refused: Standing; standings: Standing[] }): Error {
    const limits = inForce(caller.tenant)
    const limit = limitsOf(limits, refused.userId).hard[refused.name] ?? 0
    const refusal = describeRefusal({ standing: refused, limit, now: parts.now() })
    watcher.refused(caller, refusal)
    return makeLimitError(refusal, { headers: headersOf(limits, standings) })
  }

  /** Months that were limited while a call was under way did not count it: they are read from the ledger again. */
  async function noteUncounted(caller: LimitedCaller, scopes: CounterScope[]): Promise<void> {
    try {
      const tenant = await parts.findTenant(caller.tenant.id)
      if (!tenant || tenant.limits === caller.tenant.limits) return
      const known = new Set(scopes.filter(countsMonth).map(({ userId }) => userId))
      const missed = listScopes(inForce(tenant), caller).filter(
        (scope) => countsMonth(scope) && !known.has(scope.userId),
      )
      if (missed.length > 0) await counters.distrust(countedNow(tenant, missed))
    } catch (err) {
      const tenant_id = caller.tenant.id
      parts.log.warn({ err, tenant_id }, 'a call may be missing in counters until they are read again')
    }
  }

  /** Looks whether soft limits were passed by what a call took; what calls only set aside warns nobody. */
  async function warnOfSpent(caller: LimitedCaller, scopes: CounterScope[]): Promise<void> {
    const limits = inForce(caller.tenant)
    if (!scopes.some(({ userId }) => tokenLimits.some((name) => limitsOf(limits, userId).soft[name] !== null))) return
    try {
      const { standings } = await counters.look(countedNow(caller.tenant, scopes))
      watcher.counted(caller, listStandings(limits, standings))
    } catch (err) {
      parts.log.warn({ err, tenant_id: caller.tenant.id }, 'a warning may have to wait for the next call')
    }
  }

  /** Of callers that nothing is limited for. */
  function openSeat(caller: LimitedCaller): Seat {
    return {
      headers: {},
      countsTokens: false,
      reserve: ({ outputTokensMax }) => Promise.resolve(outputTokensMax),
      settle: () => noteUncounted(caller, []),
      leave: () => Promise.resolve(),
    }
  }

  async function admit(caller: LimitedCaller): Promise<Seat> {
    const limits = inForce(caller.tenant)
    const scopes = listScopes(limits, caller)
    if (scopes.length === 0) return openSeat(caller)
    const entry = await counters.enter(countedNow(caller.tenant, scopes))
    if (entry.refused) throw refuse(caller, entry)
    watcher.counted(caller, listStandings(limits, entry.standings))
    let headers = headersOf(limits, entry.standings)
    const settlements = new Map<string, (taken: Taken) => Promise<void>>()
    const countsTokens = scopes.some(({ max }) => tokenLimits.some((name) => max[name] !== undefined))
    const isCostLimited = scopes.some(({ max }) => Number.isFinite(max.cost_per_month_micro_usd ?? Infinity))

    return {
      get headers() {
        return headers
      },
      countsTokens,
      async reserve({ id, price, promptTokens, outputTokensMax }) {
        if (!countsTokens) return outputTokensMax
        if (!price && isCostLimited) throw makePriceUnknown()
        // Of the month in which the ledger is about to note it, which may have begun since.
        const hold = await counters.reserve(countedNow(caller.tenant, scopes), {
          callId: id,
          promptTokens,
          outputTokens: { max: outputTokensMax, min: Math.min(outputTokensMin, outputTokensMax) },
          price: price && { input: price.inputPerMillion, output: price.outputPerMillion },
        })
        headers = headersOf(limits, hold.standings)
        if (hold.refused) throw refuse(caller, hold)
        settlements.set(id, hold.settle)
        return hold.outputTokens
      },
      async settle(callId, taken) {
        const settle = settlements.get(callId)
        settlements.delete(callId)
        await settle?.(taken)
        if (settle) void warnOfSpent(caller, scopes)
        await noteUncounted(caller, scopes)
      },
      leave: entry.leave,
    }
  }

  return {
    admit,
    inForce,
    async look(tenant, userId) {
      const limits = inForce(tenant)
      const all = listScopes(limits, { userId, purpose: 'chat' })
      const scopes = all.filter((scope) => scope.userId === userId)
      if (scopes.length === 0) return []
      const { standings } = await counters.look(countedNow(tenant, scopes))
      return listStandings(limits, standings)
    },
    distrust: (tenantId, userId, month) =>
      counters.distrust({ tenantId, month, revision: '', scopes: [{ userId, max: {} }] }),
    forget: counters.forget,
    sweep: counters.sweep,
    stop: counters.stop,
  }
}

/** Of a tenant's settings, which may have been without limits before. */
export function revisionOf(tenant: { updatedAt: Date }): string {
  return String(tenant.updatedAt.getTime())
}

/** The calendar month in UTC of a moment: `2026-11`. */
export function monthOf(moment: Date): string {
  return moment.toISOString().slice(0, 7)
}

function listScopes(
  limits: LimitsInForce,
  caller: { userId: UserId | null; purpose: 'chat' | 'test' },
): CounterScope[] {
  const names = caller.purpose === 'test' ? limitNames.filter(isMonthly) : limitNames
  const subjects = caller.userId === null ? [null] : [null, caller.userId]
  return subjects.flatMap((userId) => {
    const { hard, soft } = limitsOf(limits, userId)
    const max: CounterScope['max'] = {}
    for (const name of names) if (hard[name] !== null || soft[name] !== null) max[name] = hard[name] ?? Infinity
    return Object.keys(max).length === 0 ? [] : [{ userId, max }]
  })
}

function limitsOf(limits: LimitsInForce, userId: UserId | null): EffectiveLimits {
  return userId === null ? limits.tenant : limits.user
}

function listStandings(limits: LimitsInForce, standings: Standing[]): LimitStanding[] {
  return standings.map((standing) => {
    const { hard, soft } = limitsOf(limits, standing.userId)
    return { ...standing, hard: hard[standing.name], soft: soft[standing.name] }
  })
}

function headersOf(limits: LimitsInForce, standings: Standing[]): Record<string, string> {
  return rateLimitHeaders(standings, ({ userId, name }) => limitsOf(limits, userId).hard[name] ?? Infinity)
}

function makePriceUnknown(): Error {
  return priceUnknown({
    detail: 'The cost of this organization is limited, and nobody has entered what this model costs.',
  })
}
