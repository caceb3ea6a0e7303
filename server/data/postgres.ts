import { SQL } from 'bun'
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import type { Parameters } from './connection-slot.ts'
import { type ConnectionPool, type CountedPool, createConnectionPool } from './connections.ts'
import { createHotPool, type HotPool } from './hot-pool.ts'

/** drizzle over a connection or a pool; queries are prepared. */
export type Database = PostgresJsDatabase

/** How a pool is opened. */
export interface PoolOptions {
  url: string
  /** Connections at most. */
  max: number
  /** Shown in pg_stat_activity. */
  name: string
  /** False behind a pooler in transaction mode. */
  prepare: boolean
  /** Hears how long work waited that was not served at once. */
  onWait?: (waitedMs: number) => void
}

/** No statement of a request runs longer. */
export const statementTimeoutMs = 30_000
const connectTimeoutSeconds = 5
const idleSeconds = 60

/** Soon after an outage: postgres.js by itself waits up to 20 s. */
const reconnectAfterSeconds = 0.2

/**
 * Opens a pool for units of work and single statements. Timestamps of raw queries arrive as text.
 * `sslmode=require` encrypts without checking the certificate, as libpq does; `verify-ca` and `verify-full` check it.
 */
export function openPool(options: PoolOptions): ConnectionPool & CountedPool {
  const { max, prepare, onWait } = options
  return createConnectionPool({ max, prepare, onWait, connect: connectorOf(options) })
}

/** Makes clients of one connection to a database, each calling back when its connection is closed. */
export function connectorOf(options: Omit<PoolOptions, 'max'>): (onclose: () => void) => postgres.Sql {
  const { url, ssl } = readTls(options.url)
  return (onclose) =>
    postgres(url, {
      max: 1,
      ssl,
      prepare: options.prepare,
      connect_timeout: connectTimeoutSeconds,
      idle_timeout: idleSeconds,
      backoff: () => reconnectAfterSeconds,
      fetch_types: false,
      onnotice: () => undefined,
      onclose,
      connection: sessionSettings(options),
    })
}

/**
 * Opens the pool for the few statements of the hot path, each a function that sets its own tenant in one implicit
 * transaction. Bun's own driver: half the CPU of postgres.js for these (docs/decisions/0002), and under killed
 * backends, failing statements and restarts no call was lost, mixed up or left hanging.
 */
export function openHotPool(options: PoolOptions & { statementsMax: number; isShared: boolean }): HotPool {
  const { url, ssl } = readTls(options.url)
  const sql = new SQL({
    url,
    max: options.max,
    tls: ssl,
    prepare: options.prepare,
    connectionTimeout: connectTimeoutSeconds,
    idleTimeout: 0,
    connection: sessionSettings(options),
  })
  return createHotPool({ ...options, sql })
}

/**
 * What a session starts with. A pooler in transaction mode refuses settings that it does not keep apart for its clients
 * (PgBouncer: "unsupported startup parameter"), so behind one the time limit is that of the login role.
 */
function sessionSettings({ name, prepare }: Pick<PoolOptions, 'name' | 'prepare'>): Record<string, string | number> {
  const settings = { application_name: name, TimeZone: 'UTC' }
  return prepare ? { ...settings, statement_timeout: statementTimeoutMs } : settings
}

/** drizzle over the pool itself, for single statements that need no transaction. */
export function databaseOver(pool: ConnectionPool): Database {
  return databaseBy((query, parameters) => {
    let asValues = false
    const send = async (): Promise<unknown> => {
      const connection = await pool.take()
      try {
        const sent = connection.send(query, parameters, pool)
        return await (asValues ? sent.values() : sent)
      } finally {
        connection.release()
      }
    }
    const answer = Promise.resolve().then(send)
    // Asked for at once or not at all, as with postgres.js.
    const values = (): Promise<unknown> => {
      asValues = true
      return answer
    }
    return Object.assign(answer, { values })
  })
}

/** What drizzle sends a statement by: an answer as rows, or as values. */
export type Sender = (
  query: string,
  parameters?: Parameters,
) => PromiseLike<unknown> & { values(): PromiseLike<unknown> }

/** drizzle over whatever sends its statements. */
export function databaseBy(unsafe: Sender): Database {
  // drizzle uses exactly these two members outside of its own transactions, which are not used here.
  const client = { options: { parsers: {}, serializers: {} }, unsafe }
  return drizzle(client as unknown as postgres.Sql)
}

/** What the server itself said, also where drizzle has wrapped it. */
export function serverErrorOf(error: unknown): postgres.PostgresError | undefined {
  if (error instanceof postgres.PostgresError) return error
  return error instanceof Error && error.cause !== undefined ? serverErrorOf(error.cause) : undefined
}

type Tls = false | { rejectUnauthorized: boolean }

function readTls(address: string): { url: string; ssl: Tls } {
  const url = new URL(address)
  const mode = url.searchParams.get('sslmode')
  url.searchParams.delete('sslmode')
  const ssl: Tls =
    mode === 'require'
      ? { rejectUnauthorized: false }
      : mode === 'verify-ca' || mode === 'verify-full'
        ? { rejectUnauthorized: true }
        : false
  return { url: url.toString(), ssl }
}
