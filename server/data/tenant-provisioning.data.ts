import { and, eq, inArray, isNotNull, isNull, lt, notExists, or, sql } from 'drizzle-orm'
import type { DatabaseServerId, TenantId } from '../platform/ids.ts'
import { tenantMigrations } from './core-migrations.schema.ts'
import { tenants } from './core.schema.ts'
import type { Database } from './postgres.ts'
import type { TenantRecord } from './tenants.data.ts'

/** Where a made store is, and how to log in there; the password is sealed. */
export interface MadeStore {
  databaseServerId: DatabaseServerId
  databaseName: string
  databaseRole: string
  databasePassword: string
  storeVersion: number
}

/** Puts a tenant that was being made into its store; undefined when it is not being made any more. */
export async function activateTenant(
  database: Database,
  id: TenantId,
  store: MadeStore,
): Promise<TenantRecord | undefined> {
  const [row] = await database
    .update(tenants)
    .set({ ...store, state: 'active', failure: null, updatedAt: new Date() })
    .where(and(eq(tenants.id, id), inArray(tenants.state, ['provisioning', 'failed'])))
    .returning()
  return row
}

/** Notes why a tenant's store could not be made or migrated; it serves nobody until that is mended. */
export async function failTenant(database: Database, id: TenantId, failure: string): Promise<void> {
  await database
    .update(tenants)
    .set({ state: 'failed', failure, updatedAt: new Date() })
    .where(and(eq(tenants.id, id), inArray(tenants.state, ['provisioning', 'failed', 'active'])))
}

/** Takes a failed tenant up again; undefined when it has not failed. */
export async function retryTenant(database: Database, id: TenantId): Promise<TenantRecord | undefined> {
  const [row] = await database
    .update(tenants)
    .set({ state: 'provisioning', failure: null, updatedAt: new Date() })
    .where(and(eq(tenants.id, id), eq(tenants.isolation, 'dedicated'), eq(tenants.state, 'failed')))
    .returning()
  return row
}

/** Tenants whose store is still to be made, oldest first. */
export function listUnprovisionedTenants(database: Database): Promise<TenantRecord[]> {
  return database
    .select()
    .from(tenants)
    .where(and(eq(tenants.isolation, 'dedicated'), eq(tenants.state, 'provisioning')))
    .orderBy(tenants.createdAt)
}

/**
 * Tenants whose store has fewer migrations than this; those being purged need none.
 * @param query `withFailed` false leaves out those whose migration to this version failed before
 */
export function listOutdatedTenants(
  database: Database,
  query: { version: number; withFailed: boolean },
): Promise<TenantRecord[]> {
  const failedBefore = database
    .select({ one: sql`1` })
    .from(tenantMigrations)
    .where(
      and(
        eq(tenantMigrations.tenantId, tenants.id),
        eq(tenantMigrations.version, query.version),
        eq(tenantMigrations.state, 'failed'),
      ),
    )
  return database
    .select()
    .from(tenants)
    .where(
      and(
        eq(tenants.isolation, 'dedicated'),
        isNotNull(tenants.databaseName),
        inArray(tenants.state, ['active', 'failed', 'moving']),
        or(isNull(tenants.storeVersion), lt(tenants.storeVersion, query.version)),
        query.withFailed ? undefined : notExists(failedBefore),
      ),
    )
    .orderBy(tenants.number)
}

/** Where a tenant's store is, or is to be. */
export type StorePlace = Pick<TenantRecord, 'number' | 'state' | 'isolation' | 'databaseServerId'>

/** Where stores are, for telling orphans: of the tenant of this number, or of all tenants. */
export function listPlaces(database: Database, number?: number): Promise<StorePlace[]> {
  return database
    .select({
      number: tenants.number,
      state: tenants.state,
      isolation: tenants.isolation,
      databaseServerId: tenants.databaseServerId,
    })
    .from(tenants)
    .where(number === undefined ? undefined : eq(tenants.number, number))
}

/** Notes how a store came to a version, or did not; the last outcome stays. */
export async function noteMigration(
  database: Database,
  migration: { tenantId: TenantId; version: number; state: 'applied' | 'failed'; error: string | null; ms: number },
): Promise<void> {
  await database
    .insert(tenantMigrations)
    .values(migration)
    .onConflictDoUpdate({
      target: [tenantMigrations.tenantId, tenantMigrations.version],
      set: { state: migration.state, error: migration.error, ms: migration.ms, at: new Date() },
    })
}

/** Notes that a store has reached a version; a tenant that had failed for want of it is active again. */
export async function raiseStoreVersion(database: Database, id: TenantId, version: number): Promise<void> {
  await database.update(tenants).set({ storeVersion: version, updatedAt: new Date() }).where(eq(tenants.id, id))
  await database
    .update(tenants)
    .set({ state: 'active', failure: null })
    .where(and(eq(tenants.id, id), eq(tenants.state, 'failed')))
}
