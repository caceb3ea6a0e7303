import type postgres from 'postgres'
import { serverBusy } from '../platform/errors.ts'
import { type Connection, type ConnectionSlot, createConnectionSlot, describeLoss } from './connection-slot.ts'

/** Connections to one database, opened when they are needed. */
export interface ConnectionPool {
  /** Whether statements may be prepared; not behind a pooler in transaction mode. */
  readonly prepare: boolean
  /** A connection that nobody else uses, as soon as one is free; `server.busy` 503 when that takes too long. */
  take(): Promise<Connection>
  end(): Promise<void>
}

/** What a pool has done since it was made. */
export interface PoolFigures {
  max: number
  open: number
  idle: number
  /** Units of work that wait for a connection now. */
  waiting: number
  /** Units served: at once, or after a wait. */
  hits: number
  waits: number
  waitMsTotal: number
}

/** A pool that counts. */
export interface CountingPool extends ConnectionPool {
  figures(): PoolFigures
}

/** Longer than this nobody should wait for a connection, nor should more than these. */
const waitMsMax = 10_000
const waitingMax = 10_000
const closeTimeoutSeconds = 5

/**
 * A pool whose connections are clients of postgres.js with one connection each, lent to one unit of work at a time, and
 * thrown away once that connection was lost. The library's own pool is not used: its `reserve()` never settles on a
 * connection that is not open yet (porsager/postgres #1219) or that was lost while it waited (#1195), a reserved
 * connection that was lost goes on under the old handle inside whatever transaction it serves next, and under Bun a
 * client that was cut off while it sent may never connect again.
 * @param connect makes a client of one connection that calls back when that connection is closed
 */
export function createConnectionPool(options: {
  max: number
  prepare: boolean
  connect: (onclose: () => void) => postgres.Sql
}): CountingPool {
  const slots: ConnectionSlot[] = []
  // The one used last is used next, so that the others can fall idle and close.
  const idle: ConnectionSlot[] = []
  const waiting = createWaitingLine<ConnectionSlot>({ lengthMax: waitingMax, waitMsMax })
  const served = { hits: 0, waits: 0, waitMsTotal: 0 }
  let ended = false

  async function waitForSlot(): Promise<ConnectionSlot> {
    const startedMs = performance.now()
    const slot = await waiting.join()
    served.waits++
    served.waitMsTotal += performance.now() - startedMs
    return slot
  }

  function makeSlot(): ConnectionSlot {
    const slot = createConnectionSlot({ connect: options.connect, isEnded: () => ended })
    slots.push(slot)
    return slot
  }

  function lend(slot: ConnectionSlot): Connection {
    return slot.lend(() => {
      if (!waiting.serve(slot)) idle.push(slot)
    })
  }

  return {
    prepare: options.prepare,
    async take() {
      if (ended) throw describeLoss('CONNECTION_ENDED')
      const free = idle.pop() ?? (slots.length < options.max ? makeSlot() : undefined)
      if (!free) return lend(await waitForSlot())
      served.hits++
      return lend(free)
    },
    figures: () => ({
      ...served,
      max: options.max,
      open: slots.filter((slot) => slot.hasClient).length,
      idle: idle.filter((slot) => slot.hasClient).length,
      waiting: waiting.length,
    }),
    async end() {
      ended = true
      waiting.refuseAll(describeLoss('CONNECTION_ENDED'))
      await Promise.all(slots.map((slot) => slot.close(closeTimeoutSeconds)))
    },
  }
}

/** Those who wait for something, first come, first served. */
export interface WaitingLine<T> {
  readonly length: number
  /** When the first one came, in milliseconds of `performance.now()`; undefined when nobody waits. */
  readonly firstSinceMs: number | undefined
  /** Waits; `server.busy` 503 when the line is too long or it takes too long. */
  join(): Promise<T>
  /** Gives it to the first; false when nobody waits. */
  serve(item: T): boolean
  refuseAll(error: Error): void
}

/** A line of at most so many, each waiting at most so long. */
export function createWaitingLine<T>(bounds: { lengthMax: number; waitMsMax: number }): WaitingLine<T> {
  interface Waiting {
    sinceMs: number
    resolve: (item: T) => void
    reject: (error: Error) => void
  }
  const line: Waiting[] = []
  return {
    get length() {
      return line.length
    },
    get firstSinceMs() {
      return line[0]?.sinceMs
    },
    join() {
      if (line.length >= bounds.lengthMax) return Promise.reject(describeBusy())
      return new Promise<T>((resolve, reject) => {
        const entry: Waiting = {
          sinceMs: performance.now(),
          resolve: (item) => {
            clearTimeout(timer)
            resolve(item)
          },
          reject: (error) => {
            clearTimeout(timer)
            reject(error)
          },
        }
        const timer = setTimeout(() => {
          line.splice(line.indexOf(entry), 1)
          reject(describeBusy())
        }, bounds.waitMsMax)
        line.push(entry)
      })
    },
    serve(item) {
      const next = line.shift()
      next?.resolve(item)
      return next !== undefined
    },
    refuseAll(error) {
      for (const { reject } of line.splice(0)) reject(error)
    },
  }
}

function describeBusy(): Error {
  return serverBusy({
    detail: 'All connections to the database are in use. Try again in a moment.',
    headers: { 'retry-after': '2' },
  })
}
