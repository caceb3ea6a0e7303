import { SQL } from 'bun'
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'

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
  statementTimeoutMs?: number
}

const connectTimeoutSeconds = 5
const idleSeconds = 60

/**
 * Opens a pool of postgres.js. drizzle is set up on it once, so timestamps of raw queries arrive as text.
 * `sslmode=require` encrypts without checking the certificate, as libpq does; `verify-ca` and `verify-full` check it.
 */
export function openPool(options: PoolOptions): postgres.Sql {
  const { url, ssl } = readTls(options.url)
  const pool = postgres(url, {
    max: options.max,
    ssl,
    prepare: options.prepare,
    connect_timeout: connectTimeoutSeconds,
    idle_timeout: idleSeconds,
    fetch_types: false,
    onnotice: () => undefined,
    connection: {
      application_name: options.name,
      statement_timeout: options.statementTimeoutMs ?? 30_000,
      TimeZone: 'UTC',
    },
  })
  // drizzle replaces the parsers of its date and JSON types on the client: once, before any query.
  drizzle(pool)
  return pool
}

/**
 * Opens the pool for the few statements of the hot path, each a function that sets its own tenant in one implicit
 * transaction. Bun's own driver: half the CPU of postgres.js for these (docs/decisions/0002), and under killed
 * backends, failing statements and restarts no call was lost, mixed up or left hanging.
 */
export function openHotPool(options: PoolOptions): SQL {
  const { url, ssl } = readTls(options.url)
  return new SQL({
    url,
    max: options.max,
    tls: ssl,
    prepare: options.prepare,
    connectionTimeout: connectTimeoutSeconds,
    idleTimeout: 0,
    connection: {
      application_name: options.name,
      statement_timeout: options.statementTimeoutMs ?? 30_000,
      TimeZone: 'UTC',
    },
  })
}

/** drizzle over the pool itself, for single statements that need no transaction. */
export function databaseOver(pool: postgres.Sql): Database {
  return databaseOn(pool, pool)
}

/**
 * drizzle over one connection. drizzle sends unnamed statements (two round trips); the client handed to it prepares
 * them, unless the pool may not.
 */
export function databaseOn(pool: postgres.Sql, connection: Pick<postgres.Sql, 'unsafe'>): Database {
  const prepare = pool.options.prepare
  const client = {
    options: pool.options,
    unsafe: (query: string, parameters?: (string | number | null)[]) =>
      connection.unsafe(query, parameters, { prepare }),
  }
  // drizzle uses exactly these two members outside of its own transactions, which are not used here.
  return drizzle(client as unknown as postgres.Sql)
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
