import type postgres from 'postgres'
import { serverBusy } from '../platform/errors.ts'
import { createFairTurns } from '../platform/fair-turns.ts'
import { currentParty } from '../platform/log.ts'
import type { LineBounds } from '../platform/waiting-line.ts'
import { type Connection, type ConnectionSlot, createConnectionSlot, describeLoss } from './connection-slot.ts'

/** Connections to one database, opened when they are needed. */
export interface ConnectionPool {
  /** Whether statements may be prepared; not behind a pooler in transaction mode. */
  readonly prepare: boolean
  /**
   * A connection that nobody else uses, as soon as one is free; `server.busy` 503 when that takes too long.
   * @param party a tenant: those of one party wait behind each other, and the parties take turns. Default: whose request
   * it is
   */
  take(party?: string): Promise<Connection>
  end(): Promise<void>
}

/** How a pool is used. */
export interface PoolFigures {
  /** Connections that may be open, and that are; undefined where the driver does not tell. */
  max: number
  open?: number
  /** Connections that serve somebody now. */
  busy: number
  /** Units of work that wait for a connection now. */
  waiting: number
  /** Units served at once since the pool was made; the others are told to `onWait`. */
  hits: number
}

/** A pool that counts. */
export interface CountedPool {
  figures(): PoolFigures
}

/** How long units of work wait for a connection, and how many of them: one tenant's never fill the line. */
export const databaseLine: LineBounds = {
  lengthMax: 10_000,
  lengthPerPartyMax: 1_000,
  waitMsMax: 10_000,
  describeBusy,
}
const closeTimeoutSeconds = 5

/**
 * A pool whose connections are clients of postgres.js with one connection each, lent to one unit of work at a time, and
 * thrown away once that connection was lost. At most half of them serve one party. The library's own pool is not used:
 * its `reserve()` never settles on a connection that is not open yet (porsager/postgres #1219) or that was lost while it
 * waited (#1195), a reserved connection that was lost goes on under the old handle inside whatever transaction it serves
 * next, and under Bun a client that was cut off while it sent may never connect again.
 * @param connect makes a client of one connection that calls back when that connection is closed
 * @param onWait hears how long a unit waited that was not served at once
 */
export function createConnectionPool(options: {
  max: number
  prepare: boolean
  connect: (onclose: () => void) => postgres.Sql
  onWait?: (waitedMs: number) => void
}): ConnectionPool & CountedPool {
  const slots: ConnectionSlot[] = []
  // The one used last is used next, so that the others can fall idle and close.
  const idle: ConnectionSlot[] = []
  const turns = createFairTurns({ atOnceMax: options.max, line: databaseLine, onWait: options.onWait })
  let hits = 0
  let ended = false

  function makeSlot(): ConnectionSlot {
    const slot = createConnectionSlot({ connect: options.connect, isEnded: () => ended })
    slots.push(slot)
    return slot
  }

  return {
    prepare: options.prepare,
    async take(party = currentParty()) {
      if (ended) throw describeLoss('CONNECTION_ENDED')
      if (turns.takeNow(party)) hits++
      else await turns.wait(party)
      // There are as many turns as slots, so whoever has a turn finds one.
      const slot = idle.pop() ?? makeSlot()
      return slot.lend(() => {
        idle.push(slot)
        turns.giveBack(party)
      })
    },
    figures: () => ({
      max: options.max,
      open: slots.filter((slot) => slot.hasClient).length,
      busy: turns.taken,
      waiting: turns.waiting,
      hits,
    }),
    async end() {
      ended = true
      turns.refuseAll(describeLoss('CONNECTION_ENDED'))
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
