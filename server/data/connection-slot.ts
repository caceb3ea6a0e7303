import { drizzle } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'

/** Parameters of a statement, as drizzle and the named queries give them. */
export type Parameters = (string | number | null)[]

/** A statement on its way: rows when awaited, arrays of values by `.values()`. */
export type Sent = ReturnType<postgres.Sql['unsafe']>

/** Within which a connection is open, or given up: a little more than the library itself waits for each attempt. */
const connectMsMax = 5_500

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

/** A place for one connection: a client of postgres.js, thrown away once its connection was lost. */
export interface ConnectionSlot {
  /** Whether there is a client that may be connected. */
  readonly hasClient: boolean
  /** Lends the connection to a unit of work; it connects at the first statement. */
  lend(onRelease: () => void): Connection
  /** Closes the connection; units that still have it hear that it was lost. */
  close(timeoutSeconds: number): Promise<void>
}

/**
 * @param connect makes a client of one connection that calls back when that connection is closed
 * @param onLost is called when the connection was lost, but not when `close` closed it
 */
export function createConnectionSlot(options: {
  connect: (onclose: () => void) => postgres.Sql
  isEnded?: () => boolean
  onLost?: () => void
}): ConnectionSlot {
  /** Undefined until it is needed, and again once its connection was lost. */
  let client: postgres.Sql | undefined
  let isOpen = false
  /** Counts the connections that this place lost. */
  let losses = 0
  let inFlight = new Set<Sent>()

  function connect(): postgres.Sql {
    const made = options.connect(() => {
      if (client === made) lose()
    })
    // drizzle replaces the parsers of its date and JSON types on the client: once, before any query.
    drizzle(made)
    client = made
    return made
  }

  function drop(): postgres.Sql | undefined {
    const dropped = client
    client = undefined
    isOpen = false
    losses++
    const unsent = inFlight
    inFlight = new Set()
    // What was not sent yet would otherwise be sent by the connection that follows, outside of its transaction.
    for (const query of unsent) void Promise.resolve(query.cancel()).catch(() => undefined)
    return dropped
  }

  function lose(): void {
    void drop()
      ?.end({ timeout: 0 })
      .catch(() => undefined)
    options.onLost?.()
  }

  /**
   * Something that takes connections and ends them, such as a proxy whose database is away, is tried by the library again
   * and again, without a pause and without an end.
   */
  function giveUpLater(sent: Sent): void {
    const lossesBefore = losses
    const timer = setTimeout(() => {
      if (losses === lossesBefore && !isOpen && ![...inFlight].some(wasSent)) lose()
    }, connectMsMax)
    timer.unref()
    const stop = (): void => clearTimeout(timer)
    sent.then(stop, stop)
  }

  async function watch(sent: Sent): Promise<void> {
    const lossesBefore = losses
    const watched = inFlight
    watched.add(sent)
    try {
      await sent
      if (losses === lossesBefore) isOpen = true
    } catch (error) {
      if (losses === lossesBefore && endsConnection(error)) lose()
    } finally {
      watched.delete(sent)
    }
  }

  return {
    get hasClient() {
      return client !== undefined
    },
    lend(onRelease) {
      const lossesBefore = losses
      let released = false
      return {
        get isOpen() {
          return isOpen
        },
        send(query, parameters, sending = { prepare: false }) {
          if (options.isEnded?.()) throw describeLoss('CONNECTION_ENDED')
          if (released || losses !== lossesBefore) throw describeLoss('CONNECTION_CLOSED')
          const sent = (client ?? connect()).unsafe(query, parameters, sending).execute()
          void watch(sent)
          if (!isOpen) giveUpLater(sent)
          return sent
        },
        release() {
          if (released) return
          released = true
          onRelease()
        },
      }
    },
    async close(timeoutSeconds) {
      const closing = client
      if (timeoutSeconds === 0) drop()
      await closing?.end({ timeout: timeoutSeconds })
    },
  }
}

/** The library notes at a statement which backend has it. */
function wasSent(sent: Sent): boolean {
  return Boolean(Reflect.get(sent, 'state'))
}

/** Whatever is no plain answer of the server to one statement. */
function endsConnection(error: unknown): boolean {
  return !(error instanceof postgres.PostgresError) || error.severity === 'FATAL' || error.severity === 'PANIC'
}

/** That a connection is gone, as postgres.js says it. */
export function describeLoss(code: 'CONNECTION_CLOSED' | 'CONNECTION_ENDED' | 'CONNECT_TIMEOUT'): Error {
  return Object.assign(new Error('the connection to the database was lost'), { code })
}
