import postgres from 'postgres'
import type { DatabaseServerId } from '../platform/ids.ts'

/** What replicas must not do at the same time. All locks are advisory locks in the core database. */
export interface FleetLocks {
  /** The owner's connection to core that holds the locks: they go when it goes. */
  sql: postgres.Sql
  /** Throws once that connection was lost, and the locks with it: somebody else may be at work by now. */
  ensureHeld(): Promise<void>
  /** While databases are being made, unfinished ones are not cleaned up. */
  making<T>(work: () => Promise<T>): Promise<T>
  /** One at a time makes a server's template. */
  template<T>(server: DatabaseServerId, work: () => Promise<T>): Promise<T>
  /** One at a time takes a server's spare database. */
  takingSpare<T>(server: DatabaseServerId, work: () => Promise<T>): Promise<T>
  /** Makes a server's spare database; undefined at once when somebody else does. */
  makingSpare<T>(server: DatabaseServerId, work: () => Promise<T>): Promise<T | undefined>
  /** Cleans up if nobody makes databases and nobody else cleans; else returns undefined at once. */
  cleaning<T>(work: () => Promise<T>): Promise<T | undefined>
  /** One at a time works on a tenant's store. */
  tenant<T>(number: number, work: () => Promise<T>): Promise<T>
  /** As `tenant`, but returns undefined at once when somebody else works on it. */
  tryTenant<T>(number: number, work: () => Promise<T>): Promise<T | undefined>
}

/** Any constants: the first keys of the advisory locks; the second is hashed from what is locked. */
const kinds = {
  tenant: 723_641_053,
  template: 723_641_054,
  making: 723_641_055,
  takingSpare: 723_641_056,
  makingSpare: 723_641_057,
}

/**
 * Opens a connection to core for locks, and closes it after `work`. Locks are per database and bound to a session, so
 * they are taken in core, over a direct connection, whichever server the work is on.
 */
export async function withFleetLocks<T>(directUrl: string, work: (locks: FleetLocks) => Promise<T>): Promise<T> {
  let isLost = false
  const sql = postgres(directUrl, {
    max: 1,
    // A connection that lives on is what holds the locks; the client would open another one in silence.
    max_lifetime: null,
    onclose: () => {
      isLost = true
    },
    fetch_types: false,
    onnotice: () => undefined,
    connection: { application_name: 'tenantry provision' },
  })
  try {
    return await work(lockOver(sql, () => isLost))
  } finally {
    // Nobody waits for its end: the locks are given back already.
    void sql.end({ timeout: 5 }).catch(() => undefined)
  }
}

function lockOver(sql: postgres.Sql, isLost: () => boolean): FleetLocks {
  async function ensureHeld(): Promise<void> {
    if (!isLost()) await sql`select 1`
    if (isLost()) throw new Error('the connection that held the locks was lost')
  }

  async function hold<R>(kind: number, key: string, work: () => Promise<R>): Promise<R> {
    await sql`select pg_advisory_lock(${kind}::int, hashtext(${key}))`
    return releaseAfter(kind, key, work)
  }

  async function tryHold<R>(kind: number, key: string, work: () => Promise<R>): Promise<R | undefined> {
    const [row] = await sql<{ held: boolean }[]>`select pg_try_advisory_lock(${kind}::int, hashtext(${key})) as held`
    return row?.held ? releaseAfter(kind, key, work) : undefined
  }

  async function releaseAfter<R>(kind: number, key: string, work: () => Promise<R>): Promise<R> {
    try {
      return await work()
    } finally {
      await sql`select pg_advisory_unlock(${kind}::int, hashtext(${key}))`
    }
  }

  return {
    sql,
    ensureHeld,
    async making(work) {
      await sql`select pg_advisory_lock_shared(${kinds.making}::int, hashtext('all'))`
      try {
        return await work()
      } finally {
        await sql`select pg_advisory_unlock_shared(${kinds.making}::int, hashtext('all'))`
      }
    },
    cleaning: (work) => tryHold(kinds.making, 'all', work),
    template: (server, work) => hold(kinds.template, server, work),
    takingSpare: (server, work) => hold(kinds.takingSpare, server, work),
    makingSpare: (server, work) => tryHold(kinds.makingSpare, server, work),
    tenant: (number, work) => hold(kinds.tenant, String(number), work),
    tryTenant: (number, work) => tryHold(kinds.tenant, String(number), work),
  }
}
