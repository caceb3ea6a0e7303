import { isMonthly, limitNames, type LimitName } from '../../platform/limit-settings.ts'
import type { TenantId, UserId } from '../../platform/ids.ts'
import type { Clock } from '../../platform/clock.ts'
import {
  type Admission,
  type CallDemand,
  type Counted,
  type Counters,
  countsMonth,
  type CounterScope,
  type Held,
  type LoadMonth,
  type Reservation,
  type Standing,
  type Taken,
  windowMs,
} from './counters.ts'

/** Counters of this process alone, on the monotonic clock (guarantee D11). */
export interface MemoryCounters extends Counters {
  /** Forgets what is idle. */
  sweep(): void
  forget(tenantId: TenantId): void
}

interface Window {
  id: string
  n: number
  endsAtMs: number
}

interface Month {
  /** The ledger's sum when it was read, with what calls under way held then. */
  base: Taken
  total: Taken
  held: Taken
  loadedAtMs: number
  /** It is not believed any more: whoever needs it waits until it is loaded anew. */
  isDistrusted: boolean
  /** Of the settings it was loaded under. */
  revision: string
  /** Grows with every change, so that a sum that was read meanwhile is not believed. */
  version: number
  calls: Map<string, Taken & { atMs: number }>
}

interface ScopeCounters {
  requests: Window
  tokens: Window
  seats: Set<string>
  months: Map<string, Month>
  usedAtMs: number
}

/** The other replicas' part is in the ledger: it is read again after so long. */
const monthReadAgainAfterMs = 5_000
/** What nobody has read again for so long is not believed. */
const monthBelievedMs = 15_000
const idleMs = 2 * windowMs
/** Longer than any answer may take. */
const callLivesMsMax = 600_000

/**
 * Counters in memory. Where several replicas count by themselves each keeps to its share: of what a minute allows, and of
 * what was left of a month when the ledger was read.
 * @param options.replicas how many there are, this one included
 */
export function createMemoryCounters(options: {
  loadMonth: LoadMonth
  clock: Pick<Clock, 'monotonicMs'>
  replicas: () => number
}): MemoryCounters {
  const { clock } = options
  const scopes = new Map<string, ScopeCounters>()
  const loading = new Map<string, Promise<void>>()

  function open(counted: Counted, userId: UserId | null): ScopeCounters {
    const key = `${counted.tenantId} ${userId ?? ''}`
    let found = scopes.get(key)
    if (!found) {
      const window = (): Window => ({ id: '', n: 0, endsAtMs: 0 })
      found = { requests: window(), tokens: window(), seats: new Set(), months: new Map(), usedAtMs: 0 }
      scopes.set(key, found)
    }
    found.usedAtMs = clock.monotonicMs()
    return found
  }

  const present = (window: Window): Window => {
    if (window.endsAtMs > clock.monotonicMs()) return window
    return Object.assign(window, { id: '', n: 0, endsAtMs: 0 })
  }

  function count(window: Window, by: number, id: string): string {
    if (present(window).endsAtMs === 0) Object.assign(window, { id, endsAtMs: clock.monotonicMs() + windowMs })
    window.n += by
    return window.id
  }

  /** This replica's part of a maximum. */
  function share(name: LimitName, max: number, month: Month | undefined): number {
    const replicas = options.replicas()
    if (replicas <= 1 || max === Infinity) return max
    if (!isMonthly(name)) return Math.ceil(max / replicas)
    const base = (name === 'tokens_per_month' ? month?.base.tokens : month?.base.costMicroUsd) ?? 0
    return base + Math.max(0, Math.ceil((max - base) / replicas))
  }

  async function ensureMonths(counted: Counted): Promise<void> {
    for (const scope of counted.scopes) {
      if (!countsMonth(scope)) continue
      const known = open(counted, scope.userId).months.get(counted.month)
      const ageMs = known ? clock.monotonicMs() - known.loadedAtMs : Infinity
      const isUsable = !known?.isDistrusted && known?.revision === counted.revision && ageMs < monthBelievedMs
      if (isUsable && ageMs <= monthReadAgainAfterMs) continue
      const key = `${counted.tenantId} ${scope.userId ?? ''} ${counted.month}`
      const load = loading.get(key) ?? loadOnce(counted, scope.userId).finally(() => loading.delete(key))
      loading.set(key, load)
      // Only who has nothing waits; that it grew old hurts nobody for so long as it is read again.
      if (isUsable) load.catch(() => undefined)
      else await load
    }
  }

  async function loadOnce(counted: Counted, userId: UserId | null): Promise<void> {
    const { tenantId, month, revision } = counted
    const { months } = open(counted, userId)
    const { version = 0, calls = new Map() }: Partial<Month> = months.get(month) ?? {}
    // Nobody settled them: what the ledger says of them holds.
    const before = clock.monotonicMs() - callLivesMsMax
    for (const [id, { atMs }] of calls) if (atMs < before) calls.delete(id)
    const sum = await options.loadMonth({ tenantId, userId, month, exceptCalls: [...calls.keys()] })
    if ((months.get(month)?.version ?? 0) !== version) return
    const held = { tokens: 0, costMicroUsd: 0 }
    for (const call of calls.values()) add(held, call)
    const total = { tokens: sum.tokens + held.tokens, costMicroUsd: sum.costMicroUsd + held.costMicroUsd }
    const loaded = { base: { ...total }, total, held, loadedAtMs: clock.monotonicMs() }
    months.set(month, { ...loaded, isDistrusted: false, revision, version: version + 1, calls })
  }

  function stand(counted: Counted, scope: CounterScope, name: LimitName): Standing {
    const counters = open(counted, scope.userId)
    const month = counters.months.get(counted.month)
    const common = { userId: scope.userId, name, held: 0, endsInMs: null }
    if (name === 'concurrent_streams') return { ...common, spent: counters.seats.size }
    if (name === 'tokens_per_month') {
      return { ...common, spent: month?.total.tokens ?? 0, held: month?.held.tokens ?? 0 }
    }
    if (name === 'cost_per_month_micro_usd') {
      return { ...common, spent: month?.total.costMicroUsd ?? 0, held: month?.held.costMicroUsd ?? 0 }
    }
    const window = present(name === 'requests_per_minute' ? counters.requests : counters.tokens)
    const endsInMs = window.endsAtMs === 0 ? windowMs : Math.ceil(window.endsAtMs - clock.monotonicMs())
    return { ...common, spent: window.n, endsInMs }
  }

  const standAll = (counted: Counted): Standing[] =>
    counted.scopes.flatMap((scope) =>
      limitNames.flatMap((name) => (scope.max[name] === undefined ? [] : [stand(counted, scope, name)])),
    )

  const maxOf = (counted: Counted, scope: CounterScope, name: LimitName): number | undefined => {
    const max = scope.max[name]
    return max === undefined ? undefined : share(name, max, open(counted, scope.userId).months.get(counted.month))
  }

  function findRefusal(counted: Counted): Standing | undefined {
    for (const scope of counted.scopes) {
      for (const name of limitNames) {
        const max = maxOf(counted, scope, name)
        if (max === undefined) continue
        const standing = stand(counted, scope, name)
        if (standing.spent >= max) return standing
      }
    }
    return undefined
  }

  /** How much output there is room for, and which counter leaves the least. */
  function findRoom(counted: Counted, demand: CallDemand): { output: number; by: Standing | undefined } {
    let room: { output: number; by: Standing | undefined } = { output: demand.outputTokens.max, by: undefined }
    for (const scope of counted.scopes) {
      for (const name of ['tokens_per_minute', 'tokens_per_month', 'cost_per_month_micro_usd'] as const) {
        const max = maxOf(counted, scope, name)
        if (max === undefined) continue
        const by = stand(counted, scope, name)
        const output = roomFor(demand, { name, left: max - by.spent })
        if (output < room.output) room = { output, by }
      }
    }
    return room
  }

  return {
    async admit(counted, { id, isLook }): Promise<Admission> {
      await ensureMonths(counted)
      const refused = findRefusal(counted)
      if (refused) return { refused, standings: standAll(counted) }
      if (!isLook) {
        for (const scope of counted.scopes) {
          const counters = open(counted, scope.userId)
          if (scope.max.requests_per_minute !== undefined) count(counters.requests, 1, id)
          if (scope.max.concurrent_streams !== undefined) counters.seats.add(id)
        }
      }
      return { refused: null, standings: standAll(counted) }
    },
    async reserve(counted, demand): Promise<Reservation> {
      await ensureMonths(counted)
      const { output, by } = findRoom(counted, demand)
      if (by && output < demand.outputTokens.min) return { refused: by, standings: standAll(counted) }
      const taken = takeOf(demand, output)
      const windows = counted.scopes.map((scope) => {
        const counters = open(counted, scope.userId)
        const month = countsMonth(scope) ? counters.months.get(counted.month) : undefined
        if (month) {
          add(month.total, taken)
          add(month.held, taken)
          month.calls.set(demand.callId, { ...taken, atMs: clock.monotonicMs() })
          month.version++
        }
        return scope.max.tokens_per_minute === undefined ? '' : count(counters.tokens, taken.tokens, demand.callId)
      })
      const held: Held = { ...taken, windows }
      return { refused: null, standings: standAll(counted), outputTokens: output, held }
    },
    async settle(counted, { callId, held, taken }) {
      for (const [index, scope] of counted.scopes.entries()) {
        const counters = open(counted, scope.userId)
        const windowId = held.windows[index]
        if (windowId && present(counters.tokens).id === windowId) counters.tokens.n += taken.tokens - held.tokens
        const month = counters.months.get(counted.month)
        if (!month?.calls.delete(callId)) continue
        add(month.held, negate(held))
        add(month.total, negate(held))
        add(month.total, taken)
        month.version++
      }
    },
    async renew(counted, ids) {
      for (const scope of counted.scopes) for (const id of ids) open(counted, scope.userId).seats.add(id)
    },
    async leave(counted, id) {
      for (const scope of counted.scopes) open(counted, scope.userId).seats.delete(id)
    },
    async distrust(counted) {
      for (const scope of counted.scopes) {
        const month = open(counted, scope.userId).months.get(counted.month)
        if (month) month.isDistrusted = true
      }
    },
    forget(tenantId) {
      for (const key of scopes.keys()) if (key.startsWith(`${tenantId} `)) scopes.delete(key)
    },
    sweep() {
      const before = clock.monotonicMs() - idleMs
      for (const [key, { usedAtMs, seats, months }] of scopes) {
        const isBusy = seats.size > 0 || [...months.values()].some((month) => month.calls.size > 0)
        if (usedAtMs < before && !isBusy) scopes.delete(key)
      }
    },
  }
}

function roomFor(demand: CallDemand, counter: { name: LimitName; left: number }): number {
  const { promptTokens, price, outputTokens } = demand
  if (counter.name !== 'cost_per_month_micro_usd') return counter.left - promptTokens
  if (!price || counter.left === Infinity) return outputTokens.max
  const left = counter.left * 1_000_000 - promptTokens * price.input
  if (left < 0 || (price.output === 0 && counter.left <= 0)) return -1
  return price.output === 0 ? outputTokens.max : Math.floor(left / price.output)
}

function takeOf({ promptTokens, price }: CallDemand, output: number): Taken {
  const cost = price ? Math.ceil((promptTokens * price.input + output * price.output) / 1_000_000) : 0
  return { tokens: promptTokens + output, costMicroUsd: cost }
}

function add(sum: Taken, more: Taken): void {
  sum.tokens += more.tokens
  sum.costMicroUsd += more.costMicroUsd
}

function negate(taken: Taken): Taken {
  return { tokens: -taken.tokens, costMicroUsd: -taken.costMicroUsd }
}
