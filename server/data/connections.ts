import { drizzle } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { serverBusy } from '../platform/errors.ts'

/** Parameters of a statement, as drizzle and the named queries give them. */
export type Parameters = (string | number | null)[]

/** A statement on its way: rows when awaited, arrays of values by `.values()`. */
export type Sent = ReturnType<postgres.Sql['unsafe']>

/** A connection that one unit of work has for itself. */
export interface Connection {
  /** Whether it is connected: then statements may follow each other without awaiting the one before. */
  readonly isOpen: boolean
  /**
   * Sends a statement behind those that were sent before, at once. Throws `CONNECTION_CLOSED` when the connection was
   * lost meanwhile: what replaces it knows nothing of this unit's transaction.
   */
  send(query: string, parameters?: Parameters, options?: { prepare: boolean }): Sent
  /** Gives it back; the unit's last statement must have been answered. */
  release(): void
}

/** Connections to one database, opened when they are needed. */
export interface ConnectionPool {
  /** Whether statements may be prepared; not behind a pooler in transaction mode. */
  readonly prepare: boolean
  /** A connection that nobody else uses, as soon as one is free; `server.busy` 503 when that takes too long. */
  take(): Promise<Connection>
  end(): Promise<void>
}

/** Longer than this nobody should wait for a connection, nor should more than these. */
const waitMsMax = 10_000
const waitingMax = 10_000

interface Slot {
  /** Undefined until it is needed, and again once its connection was lost. */
  client: postgres.Sql | undefined
  isOpen: boolean
  /** Counts the connections that this place lost. */
  losses: number
  inFlight: Set<Sent>
}

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
}): ConnectionPool {
  const slots: Slot[] = []
  // The one used last is used next, so that the others can fall idle and close.
  const idle: Slot[] = []
  const waiting: { resolve: (slot: Slot) => void; reject: (error: Error) => void }[] = []
  let ended = false

  function makeSlot(): Slot {
    const slot: Slot = { client: undefined, isOpen: false, losses: 0, inFlight: new Set() }
    slots.push(slot)
    return slot
  }

  function connect(slot: Slot): postgres.Sql {
    const client = options.connect(() => {
      if (slot.client === client) lose(slot)
    })
    // drizzle replaces the parsers of its date and JSON types on the client: once, before any query.
    drizzle(client)
    slot.client = client
    return client
  }

  function lose(slot: Slot): void {
    const { client, inFlight } = slot
    slot.client = undefined
    slot.isOpen = false
    slot.losses++
    slot.inFlight = new Set()
    // What was not sent yet would otherwise be sent by the connection that follows, outside of its transaction.
    for (const query of inFlight) void Promise.resolve(query.cancel()).catch(() => undefined)
    void client?.end({ timeout: 0 }).catch(() => undefined)
  }

  async function watch(slot: Slot, sent: Sent): Promise<void> {
    const { losses, inFlight } = slot
    inFlight.add(sent)
    try {
      await sent
      if (slot.losses === losses) slot.isOpen = true
    } catch (error) {
      if (slot.losses === losses && endsConnection(error)) lose(slot)
    } finally {
      inFlight.delete(sent)
    }
  }

  function lend(slot: Slot): Connection {
    const { losses } = slot
    let released = false
    return {
      get isOpen() {
        return slot.isOpen
      },
      send(query, parameters, sending = { prepare: false }) {
        if (ended) throw describeLoss('CONNECTION_ENDED')
        if (released || slot.losses !== losses) throw describeLoss('CONNECTION_CLOSED')
        const sent = (slot.client ?? connect(slot)).unsafe(query, parameters, sending).execute()
        void watch(slot, sent)
        return sent
      },
      release() {
        if (released) return
        released = true
        const next = waiting.shift()
        if (next) next.resolve(slot)
        else idle.push(slot)
      },
    }
  }

  function waitForSlot(): Promise<Slot> {
    if (waiting.length >= waitingMax) return Promise.reject(describeBusy())
    return new Promise<Slot>((resolve, reject) => {
      const entry = {
        resolve: (slot: Slot) => {
          clearTimeout(timer)
          resolve(slot)
        },
        reject: (error: Error) => {
          clearTimeout(timer)
          reject(error)
        },
      }
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(entry), 1)
        reject(describeBusy())
      }, waitMsMax)
      waiting.push(entry)
    })
  }

  return {
    prepare: options.prepare,
    async take() {
      if (ended) throw describeLoss('CONNECTION_ENDED')
      const free = idle.pop() ?? (slots.length < options.max ? makeSlot() : undefined)
      return lend(free ?? (await waitForSlot()))
    },
    async end() {
      ended = true
      for (const { reject } of waiting.splice(0)) reject(describeLoss('CONNECTION_ENDED'))
      await Promise.all(slots.map(async (slot) => slot.client?.end({ timeout: 5 })))
    },
  }
}

/** Whatever is no plain answer of the server to one statement. */
function endsConnection(error: unknown): boolean {
  return !(error instanceof postgres.PostgresError) || error.severity === 'FATAL' || error.severity === 'PANIC'
}

function describeBusy(): Error {
  return serverBusy({
    detail: 'All connections to the database are in use. Try again in a moment.',
    headers: { 'retry-after': '2' },
  })
}

function describeLoss(code: 'CONNECTION_CLOSED' | 'CONNECTION_ENDED'): Error {
  return Object.assign(new Error('the connection to the database was lost'), { code })
}
