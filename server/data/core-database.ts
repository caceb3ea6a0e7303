import type { SQL } from 'bun'
import type { SecretBox } from '../platform/secrets.ts'
import type { CountingPool } from './connections.ts'
import { type Database, databaseOver, openHotPool, openPool } from './postgres.ts'
import { ensureInstallation } from './runtime-role.ts'
import { runUnitOfWork } from './unit-of-work.ts'
import { verifyIsolation } from './verify-isolation.ts'

/** The core database as requests see it: through the runtime role. */
export interface CoreDatabase {
  /** Single statements, without a transaction. */
  db: Database
  /** A transaction that changes something; resolves only once it is committed. */
  write<T>(work: (database: Database) => Promise<T>): Promise<T>
  /** Reads that all see the same moment. */
  snapshot<T>(work: (database: Database) => Promise<T>): Promise<T>
  /** The pool that tenant scopes of pooled tenants take their connections from. */
  runtime: CountingPool
  /** The pool of the hot path's reads. */
  hot: SQL
  /** The pool of the hot path's writes: Bun's driver may send a read behind a statement that waits for its commit. */
  hotWrites: SQL
  /** A keyed hash, for what is only ever compared. */
  digest(text: string): string
  /** The same under each key there is, the current one first. */
  digests(text: string): string[]
  /** The owner's address, and one that is not behind a pooler in transaction mode. */
  databaseUrl: string
  directUrl: string
  /** Whether statements may be prepared; not behind a pooler in transaction mode. */
  prepare: boolean
  /** Connections that all of this opens at most. */
  connectionsMax: number
  installationId: string
  close(): Promise<void>
}

/** Turns are written in batches, at most four of them at once. */
const hotWritesPoolMax = 4

/**
 * Opens the core database for requests. It must be migrated. Makes the runtime role if the operator manages none and
 * refuses to go on if the catalog would not keep tenants apart.
 */
export async function openCoreDatabase(options: {
  databaseUrl: string
  directUrl: string
  managedRuntimeUrl: string | undefined
  pooler: 'none' | 'transaction'
  poolMax: number
  secretBox: SecretBox
}): Promise<CoreDatabase> {
  const { id, runtimeUrl } = await ensureInstallation(options)
  const prepare = options.pooler === 'none'
  const runtime = openPool({ url: runtimeUrl, max: options.poolMax, name: 'tenantry', prepare })
  const hot = openHotPool({ url: runtimeUrl, max: options.poolMax, name: 'tenantry chat', prepare })
  const hotWrites = openHotPool({ url: runtimeUrl, max: hotWritesPoolMax, name: 'tenantry chat writes', prepare })
  const close = async (): Promise<void> => {
    await Promise.all([runtime.end(), hot.close({ timeout: 5 }), hotWrites.close({ timeout: 5 })])
  }
  const db = databaseOver(runtime)
  try {
    await verifyIsolation(db)
  } catch (error) {
    await close()
    throw error
  }
  return {
    db,
    write: (work) => runUnitOfWork(runtime, { write: true }, work),
    snapshot: (work) => runUnitOfWork(runtime, { write: false, snapshot: true }, work),
    runtime,
    hot,
    hotWrites,
    digest: (text) => options.secretBox.digest(text),
    digests: (text) => options.secretBox.digests(text),
    databaseUrl: options.databaseUrl,
    directUrl: options.directUrl,
    prepare,
    connectionsMax: 2 * options.poolMax + hotWritesPoolMax,
    installationId: id,
    close,
  }
}
