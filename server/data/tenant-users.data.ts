import { eq, and, sql } from 'drizzle-orm'
import type { TenantId, UserId } from '../platform/ids.ts'
import type { Database } from './postgres.ts'
import { tenantUsers } from './tenant.schema.ts'

/** A tenant user with its password hash: null for a linked row. It never leaves the server. */
export type TenantUserSecretRow = typeof tenantUsers.$inferSelect

/** The tenant user of this address, in any spelling. */
export async function findTenantUserByEmail(
  database: Database,
  tenantId: TenantId,
  email: string,
): Promise<TenantUserSecretRow | undefined> {
  const [row] = await database
    .select()
    .from(tenantUsers)
    .where(and(eq(tenantUsers.tenantId, tenantId), eq(sql`lower(${tenantUsers.email})`, email.toLowerCase())))
  return row
}

/** The tenant user of this id. */
export async function findTenantUserWithHash(
  database: Database,
  tenantId: TenantId,
  id: UserId,
): Promise<TenantUserSecretRow | undefined> {
  const [row] = await database
    .select()
    .from(tenantUsers)
    .where(and(eq(tenantUsers.tenantId, tenantId), eq(tenantUsers.id, id)))
  return row
}

/**
 * Makes or refreshes the row that stands for a platform user in a tenant (design §3). Idempotent. False when an
 * unlinked tenant user already has the address: the two are never merged.
 */
export async function linkTenantUser(
  database: Database,
  tenantId: TenantId,
  user: { id: UserId; email: string; fullName: string | null; isVerified: boolean },
): Promise<boolean> {
  const rows = await database
    .insert(tenantUsers)
    .values({
      tenantId,
      id: user.id,
      email: user.email,
      fullName: user.fullName,
      coreUserId: user.id,
      isVerified: user.isVerified,
    })
    .onConflictDoNothing()
    .returning({ id: tenantUsers.id })
  if (rows.length > 0) return true
  const [linked] = await database
    .select({ coreUserId: tenantUsers.coreUserId })
    .from(tenantUsers)
    .where(and(eq(tenantUsers.tenantId, tenantId), eq(tenantUsers.id, user.id)))
  return linked?.coreUserId === user.id
}

/** Changes a tenant user; false when there is none. */
export async function updateTenantUser(
  database: Database,
  tenantId: TenantId,
  id: UserId,
  changes: Partial<Pick<TenantUserSecretRow, 'fullName' | 'passwordHash' | 'isActive'>>,
): Promise<boolean> {
  const rows = await database
    .update(tenantUsers)
    .set({ ...changes, updatedAt: new Date() })
    .where(and(eq(tenantUsers.tenantId, tenantId), eq(tenantUsers.id, id)))
    .returning({ id: tenantUsers.id })
  return rows.length > 0
}
