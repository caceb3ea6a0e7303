import {
  type LimitName,
  limitNames,
  type LimitsInForce,
  resolveLimits,
  type TenantLimits,
} from '../../platform/limit-settings.ts'
import type { ModelPrice } from '../../data/prices.data.ts'
import type { TenantRecord } from '../../data/tenants.data.ts'
import type { UsedAmounts } from '../../data/usage-months.data.ts'
import { newId, type TenantId, type UserId } from '../../platform/ids.ts'
import type { Log } from '../../platform/log.ts'
import { RedisUnavailable } from '../../platform/redis.ts'
import type { Counted, Counters, CounterScope, Held, Standing, Taken } from './counters.ts'
import { describeRefusal, type LimitRefusal, makeLimitError, priceUnknown, rateLimitHeaders } from './limit-errors.ts'
import type { MemoryCounters } from './memory-counters.ts'
import type { RedisCounters } from './redis-counters.ts'

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
  memory: MemoryCounters
  /** Undefined without `REDIS_URL`. */
  shared: { counters: RedisCounters; isAvailable: () => boolean } | undefined
  watcher: LimitWatcher
  /** The database's time, by which months are cut. */
  now: () => Date
  /** The tenant as it is now. */
  findTenant: (id: TenantId) => Promise<TenantRecord | undefined>
  findCalls: (ids: string[]) => Promise<Map<string, UsedAmounts & { isSettled: boolean }>>
  log: Log
}

/** Less is no answer. */
const outputTokensMin = 16
const seatsRenewedEveryMs = 5_000
const monthly: readonly LimitName[] = ['tokens_per_month', 'cost_per_month_micro_usd']

/** Limits over shared counters while there are any that answer, else over this process' own. */
export function createLimits(parts: LimitsParts): Limits {
  const { memory, shared, watcher, log } = parts
  const resolved = new WeakMap<TenantLimits, LimitsInForce>()
  /** Places of this process, to be renewed. */
  const seats = new Map<string, Counted>()
  /** Shared counters that missed what was counted here meanwhile. */
  const behind = new Map<string, Counted>()
  let catching: Promise<void> | undefined
  /** Calls that shared counters still hold although they are over. */
  const unsettled = new Map<string, { counted: Counted; taken: Taken }>()

  function inForce(tenant: Pick<TenantRecord, 'limits'>): LimitsInForce {
    let found = resolved.get(tenant.limits)
    if (!found) {
      found = resolveLimits(tenant.limits, parts.defaults)
      resolved.set(tenant.limits, found)
    }
    return found
  }

  /** Runs on the shared counters, else on this process' own. */
  async function decide<T>(
    counted: Counted,
    work: (counters: Counters) => Promise<T>,
  ): Promise<{ by: Counters; result: T }> {
    if (shared?.isAvailable()) {
      try {
        if (behind.size > 0 || catching) await catchUp(shared.counters)
        return { by: shared.counters, result: await work(shared.counters) }
      } catch (error) {
        if (!(error instanceof RedisUnavailable)) throw error
      }
    }
    if (shared) behind.set(keyOf(counted), counted)
    return { by: memory, result: await work(memory) }
  }

  /** Shared counters that were away are read from the ledger again, before anybody relies on them. */
  function catchUp(counters: RedisCounters): Promise<void> {
    catching ??= distrustBehind(counters).finally(() => {
      catching = undefined
    })
    return catching
  }

  async function distrustBehind(counters: RedisCounters): Promise<void> {
    for (const [key, counted] of behind) {
      // First, for what is counted here meanwhile falls behind anew.
      behind.delete(key)
      await counters.distrust(counted).catch((error: unknown) => {
        behind.set(key, counted)
        throw error
      })
    }
  }

  function listStandings(limits: LimitsInForce, standings: Standing[]): LimitStanding[] {
    return standings.map((standing) => {
      const { hard, soft } = standing.userId === null ? limits.tenant : limits.user
      return { ...standing, hard: hard[standing.name], soft: soft[standing.name] }
    })
  }

  function refuse(caller: LimitedCaller, refused: Standing, standings: Standing[]): Error {
    const limits = inForce(caller.tenant)
    const limit = (refused.userId === null ? limits.tenant : limits.user).hard[refused.name] ?? 0
    const refusal = describeRefusal({ standing: refused, limit, now: parts.now() })
    watcher.refused(caller, refusal)
    return makeLimitError(refusal, { headers: headersOf(limits, standings) })
  }

  function note(caller: LimitedCaller, standings: Standing[]): void {
    watcher.counted(caller, listStandings(inForce(caller.tenant), standings))
  }

  async function settleShared(counted: Counted, call: { callId: string; held: Held; taken: Taken }): Promise<void> {
    if (!shared) return
    try {
      if (!shared.isAvailable()) throw new RedisUnavailable()
      await shared.counters.settle(counted, call)
    } catch (err) {
      if (!(err instanceof RedisUnavailable)) log.error({ err }, 'a call could not be counted')
      unsettled.set(call.callId, { counted, taken: call.taken })
    }
  }

  async function settleHeld(call: {
    callId: string
    by: Counters
    held: Held
    counted: Counted
    taken: Taken
  }): Promise<void> {
    const { counted } = call
    if (call.by !== memory) return settleShared(counted, call)
    await memory.settle(counted, call)
    if (shared) behind.set(keyOf(counted), counted)
  }

  /** Months that were limited while a call was under way did not count it: they are read from the ledger again. */
  async function noteUncounted(caller: LimitedCaller, scopes: CounterScope[]): Promise<void> {
    try {
      const tenant = await parts.findTenant(caller.tenant.id)
      if (!tenant || tenant.limits === caller.tenant.limits) return
      const missed = listScopes(inForce(tenant), caller).filter(
        ({ userId, max }) =>
          countsMonth(max) && !scopes.some((scope) => scope.userId === userId && countsMonth(scope.max)),
      )
      if (missed.length > 0) await distrust(countedNow(tenant, missed))
    } catch (err) {
      log.warn({ err, tenant_id: caller.tenant.id }, 'a call may be missing in counters until they are read again')
    }
  }

  async function distrust(counted: Counted): Promise<void> {
    await memory.distrust(counted)
    if (!shared) return
    behind.set(keyOf(counted), counted)
    if (shared.isAvailable()) await catchUp(shared.counters)
  }

  function countedNow(tenant: TenantRecord, scopes: CounterScope[]): Counted {
    return { tenantId: tenant.id, month: monthOf(parts.now()), revision: revisionOf(tenant), scopes }
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
    const counted = countedNow(caller.tenant, scopes)
    const seatId = newId()
    const { result } = await decide(counted, (counters) => counters.admit(counted, { id: seatId, isLook: false }))
    if (result.refused) throw refuse(caller, result.refused, result.standings)
    note(caller, result.standings)
    const hasSeat = scopes.some((scope) => scope.max.concurrent_streams !== undefined)
    if (hasSeat) {
      seats.set(seatId, counted)
      // Known here, too, for when the shared counters are away.
      await memory.renew(counted, [seatId])
    }
    let headers = headersOf(limits, result.standings)
    const held = new Map<string, { by: Counters; held: Held; counted: Counted }>()
    const countsTokens = scopes.some(({ max }) => tokenLimits.some((name) => max[name] !== undefined))

    return {
      get headers() {
        return headers
      },
      countsTokens,
      async reserve({ id, price, promptTokens, outputTokensMax }) {
        if (!countsTokens) return outputTokensMax
        const costIsLimited = scopes.some(({ max }) => Number.isFinite(max.cost_per_month_micro_usd ?? Infinity))
        if (!price && costIsLimited) throw makePriceUnknown()
        const outputTokens = { max: outputTokensMax, min: Math.min(outputTokensMin, outputTokensMax) }
        // Of the month in which the ledger is about to note it, which may have begun since.
        const counted = countedNow(caller.tenant, scopes)
        const { by, result } = await decide(counted, (counters) =>
          counters.reserve(counted, {
            callId: id,
            promptTokens,
            outputTokens,
            price: price && { input: price.inputPerMillion, output: price.outputPerMillion },
          }),
        )
        headers = headersOf(limits, result.standings)
        if (result.refused) throw refuse(caller, result.refused, result.standings)
        note(caller, result.standings)
        held.set(id, { by, held: result.held, counted })
        return result.outputTokens
      },
      async settle(callId, taken) {
        const call = held.get(callId)
        if (call && held.delete(callId)) await settleHeld({ ...call, callId, taken })
        await noteUncounted(caller, scopes)
      },
      async leave() {
        if (!seats.delete(seatId)) return
        await memory.leave(counted, seatId)
        // What is not given back now is free when its lease ends.
        if (shared?.isAvailable()) await shared.counters.leave(counted, seatId).catch(() => undefined)
      },
    }
  }

  async function renewSeats(): Promise<void> {
    if (!shared?.isAvailable()) return
    const byScope = new Map<string, { counted: Counted; ids: string[] }>()
    for (const [id, counted] of seats) {
      const key = keyOf(counted)
      const group = byScope.get(key) ?? { counted, ids: [] }
      group.ids.push(id)
      byScope.set(key, group)
    }
    await Promise.all([...byScope.values()].map(({ counted, ids }) => shared.counters.renew(counted, ids)))
    await settleLate(shared.counters)
    await catchUp(shared.counters)
  }

  async function settleLate(counters: RedisCounters): Promise<void> {
    for (const [callId, { counted, taken }] of unsettled) {
      const userId = counted.scopes.find((scope) => scope.userId !== null)?.userId ?? null
      await counters.settleForAnother({ callId, tenantId: counted.tenantId, userId, month: counted.month }, taken)
      unsettled.delete(callId)
    }
  }

  /** Calls that are held for long: what the ledger says has become of them. */
  async function endExpired(counters: RedisCounters): Promise<void> {
    const expired = await counters.takeExpired()
    const known = await parts.findCalls(expired.map((hold) => hold.callId))
    for (const hold of expired) {
      const call = known.get(hold.callId)
      if (call && !call.isSettled) continue
      // A call that never reached the ledger was never made.
      await counters.settleForAnother(hold, call ?? { tokens: 0, costMicroUsd: 0 })
    }
  }

  const renewing = setInterval(() => {
    renewSeats().catch((err: unknown) => {
      if (!(err instanceof RedisUnavailable)) log.warn({ err }, 'places of streams could not be renewed')
    })
  }, seatsRenewedEveryMs)
  renewing.unref()

  return {
    admit,
    inForce,
    async look(tenant, userId) {
      const limits = inForce(tenant)
      const all = listScopes(limits, { userId, purpose: 'chat' })
      const scopes = all.filter((scope) => scope.userId === userId)
      if (scopes.length === 0) return []
      const counted = countedNow(tenant, scopes)
      const { result } = await decide(counted, (counters) => counters.admit(counted, { id: newId(), isLook: true }))
      return listStandings(limits, result.standings)
    },
    distrust: (tenantId, userId, month) => distrust({ tenantId, month, revision: '', scopes: [{ userId, max: {} }] }),
    async forget(tenantId) {
      memory.forget(tenantId)
      await shared?.counters.forget(tenantId).catch((err: unknown) => {
        log.warn({ err, tenant_id: tenantId }, 'counters of a purged tenant could not be forgotten')
      })
    },
    async sweep() {
      memory.sweep()
      if (shared?.isAvailable()) await endExpired(shared.counters)
    },
    stop: () => clearInterval(renewing),
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

const tokenLimits: readonly LimitName[] = ['tokens_per_minute', 'tokens_per_month', 'cost_per_month_micro_usd']

const countsMonth = (max: CounterScope['max']): boolean => monthly.some((name) => max[name] !== undefined)

function listScopes(
  limits: LimitsInForce,
  caller: { userId: UserId | null; purpose: 'chat' | 'test' },
): CounterScope[] {
  const names = caller.purpose === 'test' ? monthly : limitNames
  const scope = (userId: UserId | null, { hard, soft }: LimitsInForce['tenant']): CounterScope[] => {
    const max: CounterScope['max'] = {}
    for (const name of names) if (hard[name] !== null || soft[name] !== null) max[name] = hard[name] ?? Infinity
    return Object.keys(max).length === 0 ? [] : [{ userId, max }]
  }
  return [...scope(null, limits.tenant), ...(caller.userId === null ? [] : scope(caller.userId, limits.user))]
}

function keyOf(counted: Counted): string {
  return [counted.tenantId, counted.month, ...counted.scopes.map((scope) => scope.userId ?? '')].join(' ')
}

function headersOf(limits: LimitsInForce, standings: Standing[]): Record<string, string> {
  return rateLimitHeaders(
    standings,
    ({ userId, name }) => (userId === null ? limits.tenant : limits.user).hard[name] ?? Infinity,
  )
}

function makePriceUnknown(): Error {
  return priceUnknown({
    detail: 'The cost of this organization is limited, and nobody has entered what this model costs.',
  })
}
