import type postgres from 'postgres'
import { serverBusy } from '../platform/errors.ts'
import { createWaitingLine } from '../platform/waiting-line.ts'
import { type Connection, type ConnectionSlot, createConnectionSlot, describeLoss } from './connection-slot.ts'

/** Connections to one database, opened when they are needed. */
export interface ConnectionPool {
  /** Whether statements may be prepared; not behind a pooler in transaction mode. */
  readonly prepare: boolean
  /**
   * A connection that nobody else uses, as soon as one is free; `server.busy` 503 when that takes too long.
   * @param party a tenant: those of one party wait behind each other, and the parties take turns
   */
  take(party?: string): Promise<Connection>
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
  const waiting = createWaitingLine<ConnectionSlot>({ lengthMax: waitingMax, waitMsMax, describeBusy })
  const served = { hits: 0, waits: 0, waitMsTotal: 0 }
  let ended = false

  async function waitForSlot(party: string | undefined): Promise<ConnectionSlot> {
    const startedMs = performance.now()
    const slot = await waiting.join(party)
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
    async take(party) {
      if (ended) throw describeLoss('CONNECTION_ENDED')
      const free = idle.pop() ?? (slots.length < options.max ? makeSlot() : undefined)
      if (!free) return lend(await waitForSlot(party))
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

/** Too many wait for a connection, or one waits for too long. */
export function describeBusy(): Error {
  return serverBusy({
    detail: 'All connections to the database are in use. Try again in a moment.',
    headers: { 'retry-after': '2' },
  })
}
