import type postgres from 'postgres'
import { withDeadline } from '../platform/deadline.ts'
import { type Connection, type ConnectionSlot, createConnectionSlot, describeLoss } from './connection-slot.ts'
import { createWaitingLine, type WaitingLine } from '../platform/waiting-line.ts'
import { type ConnectionPool, describeBusy } from './connections.ts'

/** What a budget has done since it was made; times in milliseconds. */
export interface BudgetFigures {
  /** Connections that may be open, that are (being opened included), and that serve nobody at the moment. */
  max: number
  open: number
  idle: number
  /** Units of work that wait for a connection now, and pools that wait for their first. */
  waiting: number
  poolsWaiting: number
  /** Units served: at once by an open connection, or after a wait. */
  hits: number
  waits: number
  waitMsMax: number
  opened: number
  /** Idle connections closed, or taken over, so that another tenant could have one. */
  evicted: number
  failed: number
}

/** Connections to one database server, shared by the pools of all stores there. */
export interface ConnectionBudget {
  resize(max: number): void
  createPool(options: BudgetedPoolOptions): BudgetedPool
  figures(): BudgetFigures
}

/** A store's share of a budget. */
export interface BudgetedPool extends ConnectionPool {
  /** Nothing is open, opening or waited for. */
  readonly isQuiet: boolean
  /** Keeps no connection beyond its use any more. Whoever still holds the pool, as an open answer does, is served. */
  retire(): void
}

/** How a store's connections are made. */
export interface BudgetedPoolOptions {
  prepare: boolean
  /** Finds out where to connect; what it gives makes a client that calls back when its connection is closed. */
  locate: () => Promise<(onclose: () => void) => postgres.Sql>
  /** Runs on each connection before it serves; what it throws is what those who wait get. */
  check: (connection: Connection) => Promise<void>
}

const connectionsPerPoolMax = 4
const waitMsMax = 5_000
const waitingPerPoolMax = 1_000
/** After a failure to connect, those who come next get that failure at once instead of trying anew. */
const failureKeptMs = 500
/** A connection that cannot be opened by then is given up. */
const openTimeoutMs = 8_000
/** A pool whose own units wait keeps a new connection at least so long: opening one costs a hundred queries. */
const tenureMsMin = 100

/**
 * A budget of connections. Each pool has at most four and opens one at a time. When all are in use, the connection that
 * has been idle longest makes room, whosever it is, but never one in use; a pool without any waits in line for its
 * first. A pool's second to fourth never evict another's.
 * @param options.onWait hears how long a unit waited that was not served at once
 */
export function createConnectionBudget(options: {
  max: number
  onWait?: (waitedMs: number) => void
}): ConnectionBudget {
  let { max } = options
  let open = 0
  const idle = new Set<Place>()
  const line: Member[] = []
  const figures = { hits: 0, waits: 0, waitMsMax: 0, opened: 0, evicted: 0, failed: 0 }
  const members = new Set<Member>()

  interface Place {
    slot: ConnectionSlot
    member: Member
    openedMs: number
  }
  interface Member {
    options: BudgetedPoolOptions
    places: Set<Place>
    waiting: WaitingLine<Place>
    isOpening: boolean
    isInLine: boolean
    failure: { error: Error; untilMs: number } | undefined
    isRetired: boolean
    ended: boolean
  }

  function lend(place: Place): Connection {
    return place.slot.lend(() => release(place))
  }

  function release(place: Place): void {
    const { member } = place
    // It was lost while it served.
    if (!member.places.has(place)) return
    const isLeaving = member.ended || (member.isRetired && member.waiting.length === 0)
    if (isLeaving || open > max) close(place)
    else if (line.length > 0 && (member.waiting.length === 0 || hasServedLongEnough(place))) handOver(place)
    else if (member.waiting.serve(place) === undefined) idle.add(place)
  }

  function hasServedLongEnough(place: Place): boolean {
    return performance.now() - place.openedMs > tenureMsMin
  }

  function forget(place: Place): void {
    if (!place.member.places.delete(place)) return
    idle.delete(place)
    open--
  }

  function close(place: Place): void {
    forget(place)
    void place.slot.close(0).catch(() => undefined)
    serveLine()
    advance(place.member)
  }

  /** Its share goes to whoever is first in line, once its connection is closed. */
  function handOver(place: Place): void {
    figures.evicted++
    close(place)
  }

  function serveLine(): void {
    const shiftIfFree = (): Member | undefined => (open < max ? line.shift() : undefined)
    for (let next = shiftIfFree(); next; next = shiftIfFree()) {
      next.isInLine = false
      advance(next)
    }
  }

  /** Opens a connection for those who wait, if one may be had. */
  function advance(member: Member): void {
    if (member.waiting.length === 0 || member.isOpening || member.isInLine) return
    if (member.places.size >= connectionsPerPoolMax) return
    if (open < max && (line.length === 0 || member.places.size === 0)) {
      void openFor(member)
      return
    }
    if (member.places.size > 0) return
    const [oldest] = idle
    member.isInLine = true
    line.push(member)
    if (oldest) handOver(oldest)
  }

  async function openFor(member: Member): Promise<void> {
    open++
    member.isOpening = true
    let place: Place | undefined
    try {
      const connect = await member.options.locate()
      const made: Place = {
        member,
        slot: createConnectionSlot({ connect, onLost: () => lose(made) }),
        openedMs: 0,
      }
      place = made
      await withDeadline(member.options.check(made.slot.lend(() => undefined)), openTimeoutMs, () =>
        describeLoss('CONNECT_TIMEOUT'),
      )
      if (!made.slot.hasClient) throw describeLoss('CONNECTION_CLOSED')
      made.openedMs = performance.now()
      figures.opened++
      member.failure = undefined
      member.isOpening = false
      member.places.add(made)
      release(made)
    } catch (thrown) {
      open--
      figures.failed++
      member.isOpening = false
      void place?.slot.close(0).catch(() => undefined)
      const error = thrown instanceof Error ? thrown : new Error('the connection could not be opened')
      // With others open, those who wait are served by them.
      if (member.places.size === 0) {
        member.failure = { error, untilMs: performance.now() + failureKeptMs }
        member.waiting.refuseAll(error)
      }
      serveLine()
      return
    }
    advance(member)
  }

  function lose(place: Place): void {
    forget(place)
    serveLine()
    advance(place.member)
  }

  async function take(member: Member): Promise<Connection> {
    if (member.ended) throw describeLoss('CONNECTION_ENDED')
    if (member.waiting.length === 0) {
      for (const place of [...member.places].reverse()) {
        if (!idle.delete(place)) continue
        figures.hits++
        return lend(place)
      }
    }
    if (member.failure && member.failure.untilMs > performance.now()) throw member.failure.error
    const startedMs = performance.now()
    const joined = member.waiting.join()
    advance(member)
    const place = await joined
    const waitedMs = performance.now() - startedMs
    figures.waits++
    options.onWait?.(waitedMs)
    figures.waitMsMax = Math.max(figures.waitMsMax, waitedMs)
    return lend(place)
  }

  return {
    resize(next) {
      max = next
      for (const place of idle) {
        if (open <= max) break
        close(place)
      }
      serveLine()
    },
    createPool(poolOptions) {
      const member: Member = {
        options: poolOptions,
        places: new Set(),
        waiting: createWaitingLine({ lengthMax: waitingPerPoolMax, waitMsMax, describeBusy }),
        isOpening: false,
        isInLine: false,
        failure: undefined,
        isRetired: false,
        ended: false,
      }
      members.add(member)
      return {
        prepare: poolOptions.prepare,
        get isQuiet() {
          return member.places.size === 0 && !member.isOpening && member.waiting.length === 0
        },
        take: () => take(member),
        retire() {
          member.isRetired = true
          members.delete(member)
          for (const place of member.places) if (idle.has(place)) close(place)
        },
        end() {
          member.ended = true
          members.delete(member)
          member.waiting.refuseAll(describeLoss('CONNECTION_ENDED'))
          for (const place of member.places) if (idle.has(place)) close(place)
          return Promise.resolve()
        },
      }
    },
    figures() {
      let waiting = 0
      for (const member of members) waiting += member.waiting.length
      return { ...figures, max, open, idle: idle.size, waiting, poolsWaiting: line.length }
    },
  }
}
