import { and, asc, count, desc, eq, isNotNull, isNull, ne, or } from 'drizzle-orm'
import type { DatabaseServerId, TenantId } from '../platform/ids.ts'
import { tenantMigrations } from './core-migrations.schema.ts'
import { tenantMoves } from './core-moves.schema.ts'
import { tenants } from './core.schema.ts'
import type { Database } from './postgres.ts'
import type { TenantMove } from './tenant-moves.data.ts'

/** A dedicated tenant whose store could not be made or migrated. */
export interface FailedStore {
  tenantId: TenantId
  name: string
  storeVersion: number | null
  /** For those who manage the tenant. */
  failure: string | null
  /** What the database said to the migration; for superusers. */
  error: string | null
  at: Date
}

const rowsMax = 200

/** How many dedicated stores have how many migrations; those being made or purged are left out. */
export function countStoreVersions(database: Database): Promise<{ version: number | null; tenants: number }[]> {
  return database
    .select({ version: tenants.storeVersion, tenants: count() })
    .from(tenants)
    .where(and(eq(tenants.isolation, 'dedicated'), isNotNull(tenants.databaseName), ne(tenants.state, 'deleting')))
    .groupBy(tenants.storeVersion)
    .orderBy(desc(tenants.storeVersion))
}

/**
 * Dedicated tenants that have failed, by number; 200 at most.
 * @param version the number of migrations that their stores are to have
 */
export function listFailedStores(database: Database, version: number): Promise<FailedStore[]> {
  return database
    .select({
      tenantId: tenants.id,
      name: tenants.name,
      storeVersion: tenants.storeVersion,
      failure: tenants.failure,
      error: tenantMigrations.error,
      migratedAt: tenantMigrations.at,
      updatedAt: tenants.updatedAt,
    })
    .from(tenants)
    .leftJoin(
      tenantMigrations,
      and(
        eq(tenantMigrations.tenantId, tenants.id),
        eq(tenantMigrations.version, version),
        eq(tenantMigrations.state, 'failed'),
      ),
    )
    .where(
      and(
        eq(tenants.isolation, 'dedicated'),
        or(eq(tenants.state, 'failed'), and(isNotNull(tenantMigrations.tenantId), ne(tenants.storeVersion, version))),
      ),
    )
    .orderBy(asc(tenants.number))
    .limit(rowsMax)
    .then((rows) => rows.map(({ migratedAt, updatedAt, ...row }) => ({ ...row, at: migratedAt ?? updatedAt })))
}

/** Moves that have not ended with their tenants' names, oldest first; 200 at most. */
export function listMovesUnderWay(database: Database): Promise<(TenantMove & { tenantName: string })[]> {
  return database
    .select({ move: tenantMoves, tenantName: tenants.name })
    .from(tenantMoves)
    .innerJoin(tenants, eq(tenants.id, tenantMoves.tenantId))
    .where(isNull(tenantMoves.endedAt))
    .orderBy(asc(tenantMoves.startedAt))
    .limit(rowsMax)
    .then((rows) => rows.map(({ move, tenantName }) => ({ ...move, tenantName })))
}

/** A store that its tenant was moved away from. */
export interface KeptStore {
  tenantId: TenantId
  /** Null for rows in the shared database. */
  serverId: DatabaseServerId | null
  databaseName: string | null
  until: Date
}

/** Former stores that are still there, the next to go first; 200 at most. */
export function listKeptStores(database: Database): Promise<KeptStore[]> {
  return database
    .select({
      tenantId: tenantMoves.tenantId,
      serverId: tenantMoves.sourceServerId,
      databaseName: tenantMoves.sourceDatabase,
      until: tenantMoves.sourceKeptUntil,
    })
    .from(tenantMoves)
    .where(isNotNull(tenantMoves.sourceKeptUntil))
    .orderBy(asc(tenantMoves.sourceKeptUntil))
    .limit(rowsMax)
    .then((rows) => rows.flatMap(({ until, ...row }) => (until ? [{ ...row, until }] : [])))
}
