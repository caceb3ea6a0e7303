import { and, asc, eq, isNull, lte, or } from 'drizzle-orm'
import type { TenantId, UserId } from '../platform/ids.ts'
import { apiKeys } from './core-api-keys.schema.ts'
import type { Database } from './postgres.ts'

/** An API key of a tenant: everything but its secret. */
export type ApiKey = typeof apiKeys.$inferSelect

/** The key of this id, revoked ones included. */
export async function findApiKey(database: Database, id: UserId): Promise<ApiKey | undefined> {
  const [row] = await database.select().from(apiKeys).where(eq(apiKeys.id, id))
  return row
}

/** A tenant's keys that were not revoked, oldest first. */
export function listApiKeys(database: Database, tenantId: TenantId): Promise<ApiKey[]> {
  return database.select().from(apiKeys).where(isKept(tenantId)).orderBy(asc(apiKeys.createdAt), asc(apiKeys.id))
}

/** How many keys a tenant has that were not revoked. */
export function countApiKeys(database: Database, tenantId: TenantId): Promise<number> {
  return database.$count(apiKeys, isKept(tenantId))
}

/** A tenant's key that was not revoked, locked until the transaction ends. */
export async function findApiKeyForUpdate(
  database: Database,
  named: { tenantId: TenantId; id: UserId },
): Promise<ApiKey | undefined> {
  const [row] = await database
    .select()
    .from(apiKeys)
    .where(and(eq(apiKeys.id, named.id), isKept(named.tenantId)))
    .for('update')
  return row
}

/** Adds a key. */
export async function insertApiKey(database: Database, key: typeof apiKeys.$inferInsert): Promise<ApiKey> {
  const [row] = await database.insert(apiKeys).values(key).returning()
  if (!row) throw new Error('the key was not stored')
  return row
}

/** Changes a key. */
export async function updateApiKey(
  database: Database,
  id: UserId,
  changes: Partial<Pick<ApiKey, 'secretHash' | 'last4' | 'formerSecrets' | 'rotatedAt' | 'revokedAt'>>,
): Promise<ApiKey> {
  const [row] = await database.update(apiKeys).set(changes).where(eq(apiKeys.id, id)).returning()
  if (!row) throw new Error('the key is gone')
  return row
}

/** Notes that a key was used, unless that was done after `before`, here or by another replica. */
export async function noteApiKeyUse(database: Database, use: { id: UserId; at: Date; before: Date }): Promise<void> {
  await database
    .update(apiKeys)
    .set({ lastUsedAt: use.at })
    .where(and(eq(apiKeys.id, use.id), or(isNull(apiKeys.lastUsedAt), lte(apiKeys.lastUsedAt, use.before))))
}

function isKept(tenantId: TenantId) {
  return and(eq(apiKeys.tenantId, tenantId), isNull(apiKeys.revokedAt))
}
