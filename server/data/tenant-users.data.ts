import { type SQL, and, eq, ilike, inArray, isNotNull, isNull, not, notInArray, or, sql } from 'drizzle-orm'
import type { TenantId, UserId } from '../platform/ids.ts'
import { type Page, type PageQuery, containsPattern, cutPage, keysetParts } from './page.ts'
import type { Database } from './postgres.ts'
import { chatSessions, tenantUsers } from './tenant.schema.ts'

/** A tenant user with its password hash: null for a linked row. It never leaves the server. */
export type TenantUserSecretRow = typeof tenantUsers.$inferSelect

/** The tenant user of this address, in any spelling. One that stands for an API key is nobody to sign in. */
export async function findTenantUserByEmail(
  database: Database,
  tenantId: TenantId,
  email: string,
): Promise<TenantUserSecretRow | undefined> {
  const [row] = await database
    .select()
    .from(tenantUsers)
    .where(
      and(
        eq(tenantUsers.tenantId, tenantId),
        eq(sql`lower(${tenantUsers.email})`, email.toLowerCase()),
        not(tenantUsers.isService),
      ),
    )
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

/** Makes the user that stands for an API key. Idempotent; nobody signs in as it. */
export async function ensureServiceUser(
  database: Database,
  tenantId: TenantId,
  key: { id: UserId; name: string },
): Promise<void> {
  await database
    .insert(tenantUsers)
    .values({
      tenantId,
      id: key.id,
      email: addressOfApiKey(key.id),
      fullName: key.name,
      isVerified: true,
      isService: true,
    })
    .onConflictDoNothing()
}

/** An address that no mail reaches (RFC 2606), as every tenant user has one. */
export function addressOfApiKey(id: UserId): string {
  return `${id}@api-key.invalid`
}

/** Changes a tenant user; false when there is none. */
export async function updateTenantUser(
  database: Database,
  tenantId: TenantId,
  id: UserId,
  changes: Partial<Pick<TenantUserSecretRow, 'fullName' | 'passwordHash' | 'isActive' | 'isVerified'>>,
): Promise<boolean> {
  const rows = await database
    .update(tenantUsers)
    .set({ ...changes, updatedAt: new Date() })
    .where(and(eq(tenantUsers.tenantId, tenantId), eq(tenantUsers.id, id)))
    .returning({ id: tenantUsers.id })
  return rows.length > 0
}

/**
 * Changes a tenant's own user if its password is still the one that was verified; false otherwise. The condition and
 * the write are one statement.
 */
export async function updateTenantUserIfPassword(
  database: Database,
  user: { tenantId: TenantId; id: UserId; verifiedHash: string },
  changes: Partial<Pick<TenantUserSecretRow, 'fullName' | 'passwordHash' | 'isVerified'>>,
): Promise<boolean> {
  const rows = await database
    .update(tenantUsers)
    .set({ ...changes, updatedAt: new Date() })
    .where(
      and(
        eq(tenantUsers.tenantId, user.tenantId),
        eq(tenantUsers.id, user.id),
        eq(tenantUsers.passwordHash, user.verifiedHash),
      ),
    )
    .returning({ id: tenantUsers.id })
  return rows.length > 0
}

/**
 * Whether the tenant user is active and has the very password that was verified: null for a linked row, whose password
 * is the platform's. Holds a share lock on the row until the transaction ends, so that a reset waits for it.
 */
export async function lockTenantUserIfPassword(
  database: Database,
  user: { tenantId: TenantId; id: UserId; verifiedHash: string | null },
): Promise<boolean> {
  const rows = await database
    .select({ id: tenantUsers.id })
    .from(tenantUsers)
    .where(
      and(
        eq(tenantUsers.tenantId, user.tenantId),
        eq(tenantUsers.id, user.id),
        user.verifiedHash === null ? isNull(tenantUsers.passwordHash) : eq(tenantUsers.passwordHash, user.verifiedHash),
        tenantUsers.isActive,
      ),
    )
    .for('share')
  return rows.length > 0
}

/** The addresses of some of a tenant's users, for whoever manages it. */
export async function findTenantUserEmails(
  database: Database,
  tenantId: TenantId,
  ids: readonly UserId[],
): Promise<Map<UserId, string>> {
  if (ids.length === 0) return new Map()
  const rows = await database
    .select({ id: tenantUsers.id, email: tenantUsers.email })
    .from(tenantUsers)
    .where(and(eq(tenantUsers.tenantId, tenantId), inArray(tenantUsers.id, [...ids])))
  return new Map(rows.map(({ id, email }) => [id, email]))
}

/** A tenant user in a list: without its password hash, with the number of its conversations. */
export type ListedTenantUser = Omit<TenantUserSecretRow, 'passwordHash'> & { conversations: number }

/** What to list of a tenant's users: its own, those that stand for platform users, or both. */
export interface TenantUserFilters {
  q?: string
  kind?: 'own' | 'linked'
  isActive?: boolean
  /** Platform users whose rows are left out unless `kind` is `linked`. */
  visitors?: readonly UserId[]
}

/** Lists a tenant's users: search over address and name, keyset pages. */
export async function listTenantUsers(
  database: Database,
  tenantId: TenantId,
  query: TenantUserFilters & PageQuery,
): Promise<Page<ListedTenantUser>> {
  const byEmail = query.sort === 'email'
  const keyset = keysetParts(query, {
    value: byEmail ? tenantUsers.email : tenantUsers.createdAt,
    valueType: byEmail ? 'text' : 'timestamptz',
    id: tenantUsers.id,
    idType: 'uuid',
  })
  const rows = await database
    .select({
      tenantId: tenantUsers.tenantId,
      id: tenantUsers.id,
      email: tenantUsers.email,
      fullName: tenantUsers.fullName,
      passwordEpoch: tenantUsers.passwordEpoch,
      coreUserId: tenantUsers.coreUserId,
      isActive: tenantUsers.isActive,
      isVerified: tenantUsers.isVerified,
      isService: tenantUsers.isService,
      createdAt: tenantUsers.createdAt,
      updatedAt: tenantUsers.updatedAt,
      conversations: sql<number>`(
        select count(*)::int from ${chatSessions} s
        where s.tenant_id = tenant.tenant_users.tenant_id and s.user_id = tenant.tenant_users.id)`,
      cursorValue: keyset.cursorValue,
    })
    .from(tenantUsers)
    .where(and(...matchingTenantUsers(tenantId, query), keyset.where))
    .orderBy(...keyset.orderBy)
    .limit(query.limit + 1)
  return cutPage(rows, query.limit)
}

/** How many users a tenant has, its own and those that stand for platform users, on all pages; or those that match. */
export async function countTenantUsers(
  database: Database,
  tenantId: TenantId,
  filters: TenantUserFilters = {},
): Promise<number> {
  return database.$count(tenantUsers, and(...matchingTenantUsers(tenantId, filters)))
}

function matchingTenantUsers(tenantId: TenantId, filters: TenantUserFilters): (SQL | undefined)[] {
  const { q, kind, isActive, visitors = [] } = filters
  return [
    eq(tenantUsers.tenantId, tenantId),
    not(tenantUsers.isService),
    q ? or(ilike(tenantUsers.email, containsPattern(q)), ilike(tenantUsers.fullName, containsPattern(q))) : undefined,
    kind === 'own' ? isNull(tenantUsers.coreUserId) : undefined,
    kind === 'linked' ? isNotNull(tenantUsers.coreUserId) : undefined,
    kind === undefined && visitors.length > 0
      ? or(isNull(tenantUsers.coreUserId), notInArray(tenantUsers.coreUserId, [...visitors]))
      : undefined,
    isActive === undefined ? undefined : eq(tenantUsers.isActive, isActive),
  ]
}

/** Adds a tenant's own user; false when its address is taken there (the unique index decides). */
export async function insertTenantUser(database: Database, user: typeof tenantUsers.$inferInsert): Promise<boolean> {
  const rows = await database
    .insert(tenantUsers)
    .values({ ...user, email: user.email.toLowerCase() })
    .onConflictDoNothing()
    .returning({ id: tenantUsers.id })
  return rows.length > 0
}

/** Deletes a tenant's own user with its conversations; false when there is none. */
export async function deleteTenantUser(database: Database, tenantId: TenantId, id: UserId): Promise<boolean> {
  const rows = await database
    .delete(tenantUsers)
    .where(and(eq(tenantUsers.tenantId, tenantId), eq(tenantUsers.id, id), isNull(tenantUsers.coreUserId)))
    .returning({ id: tenantUsers.id })
  return rows.length > 0
}
