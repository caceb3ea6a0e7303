import { defineError } from '../platform/errors.ts'
import type { TenantId } from '../platform/ids.ts'
import type { Connection } from './connection-slot.ts'
import type { ConnectionPool } from './connections.ts'
import { type Database, databaseBy } from './postgres.ts'

/** The database did not confirm that a transaction was committed. */
export const commitFailed = defineError({
  code: 'database.not_committed',
  status: 503,
  title: 'The change could not be saved',
})

/** The tenant is being moved to another store: this one takes no more writes for it. */
export const tenantMigrating = defineError({
  code: 'tenant.migrating',
  status: 503,
  title: 'The tenant is being moved',
})

/**
 * What kind of unit: `tenantId` puts it under that tenant's policies; a read may change nothing; all statements of a
 * snapshot see the same moment; a write past the fence is for whoever moves the tenant.
 */
export interface UnitOfWork {
  tenantId?: TenantId
  write: boolean
  snapshot?: boolean
  pastFence?: boolean
  /** Whose turn it takes for a connection. Default: the tenant's, else whose request it is. */
  party?: string
}

/**
 * Runs `work` in one transaction on one connection. `begin`, the tenant and the first query travel together
 * (tenant-store.md: 1.04 round trips). A write resolves only after PostgreSQL answered COMMIT; a read gives its
 * connection back once its end is confirmed, without making the caller wait for that.
 *
 * Not `sql.begin`: with exactly 100 queries in flight it left pooled connections inside another tenant's transaction.
 */
export async function runUnitOfWork<T>(
  pool: ConnectionPool,
  unit: UnitOfWork,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const connection = await pool.take(unit.party ?? unit.tenantId)
  let ended = false
  // A branch of `work` that outlives a failure of its sibling must not reach the connection once it serves others.
  const database = databaseBy((query, parameters) => {
    if (ended) throw new Error('a query was sent after its unit of work had ended')
    return connection.send(query, parameters, pool)
  })
  let releasing: Promise<unknown> | undefined
  try {
    // Without a tenant there is no policy to catch a lost `begin`, so it is awaited; so it is while connecting, when
    // statements may overtake each other.
    const mustWait = unit.tenantId === undefined || !connection.isOpen
    const opening = open(connection, unit, pool)
    if (mustWait) await opening
    // Inside of a promise also when it throws before it gives one: what was begun must be ended in any case.
    const working = Promise.try(work, database)
    const [result] = await Promise.all([working, opening]).catch(async (error: unknown) => {
      ended = true
      // Whichever statement failed first: all that follow a refused beginning fail as well.
      const refused = await opening.then(isNever, isFence)
      await rollBack(connection)
      throw refused ? describeFence() : error
    })
    ended = true
    const closing = connection.send('commit')
    if (unit.write) {
      const { command } = await closing
      // A failed pipeline resolves with ROLLBACK.
      if (command !== 'COMMIT') throw commitFailed()
    } else {
      releasing = closing.catch(() => undefined)
    }
    return result
  } finally {
    if (releasing) void releasing.finally(() => connection.release())
    else connection.release()
  }
}

async function open(connection: Connection, unit: UnitOfWork, sending: { prepare: boolean }): Promise<void> {
  const isolation = unit.snapshot ? ' isolation level repeatable read' : ''
  const sent = [connection.send(`begin${isolation}${unit.write ? '' : ' read only'}`)]
  if (unit.tenantId !== undefined) {
    const enter =
      unit.write && !unit.pastFence ? 'select tenant.enter_write($1)' : "select set_config('app.tenant_id', $1, true)"
    sent.push(connection.send(enter, [unit.tenantId], sending))
  }
  await Promise.all(sent)
}

/** What `tenant.enter_write` raises. */
function isFence(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'TNF01'
}

function isNever(): boolean {
  return false
}

function describeFence(): Error {
  return tenantMigrating({
    detail: 'It takes no changes for a moment. Try again in a second.',
    headers: { 'retry-after': '1' },
  })
}

/** A connection that was lost took its transaction along. */
async function rollBack(connection: Connection): Promise<void> {
  try {
    await connection.send('rollback')
  } catch {
    // Lost: there is nothing to roll back.
  }
}
