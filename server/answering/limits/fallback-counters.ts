import type { UsedAmounts } from '../../data/usage-months.data.ts'
import { newId, type TenantId } from '../../platform/ids.ts'
import type { Log } from '../../platform/log.ts'
import { RedisUnavailable } from '../../platform/redis.ts'
import type { Admission, CallDemand, Counted, Counters, Held, Reservation, Standing, Taken } from './counters.ts'
import type { MemoryCounters } from './memory-counters.ts'
import type { RedisCounters } from './redis-counters.ts'

/** Either refused, or let in: then to be left once. */
export type Entry = { standings: Standing[] } & (
  | { refused: Standing }
  | {
      refused: null
      /** Gives the place among the streams back. Idempotent; never throws. */
      leave: () => Promise<void>
    }
)

/** Either refused, or with how many tokens of output: then to be settled once. */
export type Hold = { standings: Standing[] } & (
  | { refused: Standing }
  | {
      refused: null
      outputTokens: number
      /** Replaces what was set aside by what was taken. Never throws. */
      settle: (taken: Taken) => Promise<void>
    }
)

/** Counters that always answer: shared ones while there are any that do, else those of this process alone. */
export interface FallbackCounters {
  enter(counted: Counted): Promise<Entry>
  /** What entering would be answered; nothing moves. */
  look(counted: Counted): Promise<Admission>
  reserve(counted: Counted, demand: CallDemand): Promise<Hold>
  /** What is known of these months may not be true any more: they are read from the ledger again. */
  distrust(counted: Counted): Promise<void>
  /** Forgets a tenant that was purged. What cannot be reached is forgotten when it ends by itself. */
  forget: (tenantId: TenantId) => Promise<void>
  /** Ends what replicas that are gone left behind; any replica may. */
  sweep: () => Promise<void>
  stop: () => void
}

const seatsRenewedEveryMs = 5_000

/** Over shared counters, if there are any, and over this process' own. */
export function createFallbackCounters(parts: {
  memory: MemoryCounters
  /** Undefined without `REDIS_URL`. */
  shared: { counters: RedisCounters; isAvailable: () => boolean } | undefined
  findCalls: (ids: string[]) => Promise<Map<string, UsedAmounts & { isSettled: boolean }>>
  log: Log
}): FallbackCounters {
  const { memory, shared, log } = parts
  /** Places of this process, to be renewed. */
  const seats = new Map<string, Counted>()
  /** Shared counters that missed what was counted here meanwhile. */
  const behind = new Map<string, Counted>()
  let catchingUp: Promise<void> | undefined
  /** Calls that shared counters still hold although they are over. */
  const unsettled = new Map<string, { counted: Counted; taken: Taken }>()

  async function decide<T>(
    counted: Counted,
    work: (counters: Counters) => Promise<T>,
  ): Promise<{ by: Counters; result: T }> {
    if (shared?.isAvailable()) {
      try {
        if (behind.size > 0 || catchingUp) await catchUp(shared.counters)
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
    catchingUp ??= distrustBehind(counters).finally(() => {
      catchingUp = undefined
    })
    return catchingUp
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

  async function leave(counted: Counted, seatId: string): Promise<void> {
    if (!seats.delete(seatId)) return
    await memory.leave(counted, seatId)
    // What is not given back now is free when its lease ends.
    if (shared?.isAvailable()) await shared.counters.leave(counted, seatId).catch(() => undefined)
  }

  async function settle(
    counted: Counted,
    call: { callId: string; held: Held; taken: Taken; by: Counters },
  ): Promise<void> {
    if (call.by !== memory) {
      await settleShared(counted, call)
      return
    }
    await memory.settle(counted, call)
    if (shared) behind.set(keyOf(counted), counted)
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
    async enter(counted) {
      const seatId = newId()
      const { result } = await decide(counted, (counters) => counters.admit(counted, { id: seatId, isLook: false }))
      if (result.refused) return result
      if (counted.scopes.some(({ max }) => max.concurrent_streams !== undefined)) {
        seats.set(seatId, counted)
        // Known here, too, for when the shared counters are away.
        await memory.renew(counted, [seatId])
      }
      return { ...result, leave: () => leave(counted, seatId) }
    },
    async look(counted) {
      const { result } = await decide(counted, (counters) => counters.admit(counted, { id: newId(), isLook: true }))
      return result
    },
    async reserve(counted, demand) {
      const { by, result } = await decide<Reservation>(counted, (counters) => counters.reserve(counted, demand))
      if (result.refused) return result
      const { standings, outputTokens, held } = result
      const { callId } = demand
      return {
        refused: null,
        standings,
        outputTokens,
        settle: (taken) => settle(counted, { callId, held, taken, by }),
      }
    },
    async distrust(counted) {
      await memory.distrust(counted)
      if (!shared) return
      behind.set(keyOf(counted), counted)
      if (shared.isAvailable()) await catchUp(shared.counters)
    },
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

function keyOf(counted: Counted): string {
  return [counted.tenantId, counted.month, ...counted.scopes.map((scope) => scope.userId ?? '')].join(' ')
}
