import type { SecretBox } from '../platform/secrets.ts'
import type { ConnectionPool, CountedPool } from './connections.ts'
import type { HotPool } from './hot-pool.ts'
import type { PoolWaits } from './pool-waits.ts'
import { type Database, databaseOver, openHotPool, openPool, type PoolOptions } from './postgres.ts'
import { ensureInstallation } from './runtime-role.ts'
import { runUnitOfWork } from './unit-of-work.ts'
import { verifyIsolation } from './verify-isolation.ts'

/** The core database as requests see it: through the runtime role. */
export interface CoreDatabase {
  /** Single statements, without a transaction. */
  db: Database
  /**
   * A transaction that changes something; resolves only once it is committed.
   * @param options.party whose turn it takes for a connection. Default: whose request it is
   */
  write<T>(work: (database: Database) => Promise<T>, options?: { party?: string }): Promise<T>
  /** Reads that all see the same moment. */
  snapshot<T>(work: (database: Database) => Promise<T>): Promise<T>
  /** The pool that tenant scopes of pooled tenants take their connections from. */
  runtime: ConnectionPool & CountedPool
  /** The pool of the hot path's reads. */
  hot: HotPool
  /** The pool of the hot path's writes: Bun's driver may send a read behind a statement that waits for its commit. */
  hotWrites: HotPool
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
/** Each takes PostgreSQL a tenth of a millisecond, so that a stranger's is soon out of the way. */
const hotReadsPerConnectionMax = 8

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
  noteWait?: PoolWaits
}): Promise<CoreDatabase> {
  const { id, runtimeUrl } = await ensureInstallation(options)
  const prepare = options.pooler === 'none'
  const poolAt = (pool: string, name: string, max: number): PoolOptions => {
    return { url: runtimeUrl, max, name, prepare, onWait: (waitedMs) => options.noteWait?.(pool, waitedMs) }
  }
  const runtime = openPool(poolAt('core', 'tenantry', options.poolMax))
  const hot = openHotPool({
    ...poolAt('core_chat', 'tenantry chat', options.poolMax),
    statementsMax: hotReadsPerConnectionMax,
    isShared: false,
  })
  const hotWrites = openHotPool({
    ...poolAt('core_chat_writes', 'tenantry chat writes', hotWritesPoolMax),
    statementsMax: 1,
    isShared: true,
  })
  const close = async (): Promise<void> => {
    await Promise.all([runtime.end(), hot.close(), hotWrites.close()])
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
    write: (work, { party } = {}) => runUnitOfWork(runtime, { write: true, party }, work),
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
