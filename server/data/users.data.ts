import { type SQL, and, count, eq, ilike, inArray, isNotNull, isNull, ne, or, sql } from 'drizzle-orm'
import type { TenantId, UserId } from '../platform/ids.ts'
import { users } from './core.schema.ts'
import { type Page, type PageQuery, containsPattern, cutPage, keysetParts } from './page.ts'
import type { Database } from './postgres.ts'

/** A platform user, password hash included: it never leaves the server. */
export type UserRow = typeof users.$inferSelect

/** A platform user without its password hash, as it may be kept in memory. */
export type PlatformUser = Omit<UserRow, 'passwordHash'>

const publicColumns = {
  id: users.id,
  email: users.email,
  fullName: users.fullName,
  tenantId: users.tenantId,
  isActive: users.isActive,
  isVerified: users.isVerified,
  isOwner: users.isOwner,
  isSuperuser: users.isSuperuser,
  createdAt: users.createdAt,
  updatedAt: users.updatedAt,
}

/** The platform user of this id. */
export async function findUser(database: Database, id: UserId): Promise<PlatformUser | undefined> {
  const [row] = await database.select(publicColumns).from(users).where(eq(users.id, id))
  return row
}

/** The platform users among these ids. */
export async function findUsersByIds(database: Database, ids: readonly UserId[]): Promise<PlatformUser[]> {
  return ids.length === 0
    ? []
    : database
        .select(publicColumns)
        .from(users)
        .where(inArray(users.id, [...ids]))
}

/** Superusers who may enter a tenant without belonging to it: neither assigned to it nor its owner. */
export async function listVisitors(
  database: Database,
  tenant: { id: TenantId; ownerId: UserId | null },
): Promise<UserId[]> {
  const rows = await database
    .select({ id: users.id })
    .from(users)
    .where(
      and(
        users.isSuperuser,
        or(isNull(users.tenantId), ne(users.tenantId, tenant.id)),
        tenant.ownerId === null ? undefined : ne(users.id, tenant.ownerId),
      ),
    )
  return rows.map(({ id }) => id)
}

/** The platform user of this id, locked for the rest of the transaction. */
export async function findUserForUpdate(database: Database, id: UserId): Promise<PlatformUser | undefined> {
  const [row] = await database.select(publicColumns).from(users).where(eq(users.id, id)).for('update')
  return row
}

/** The platform user of this address, in any spelling, with its password hash. */
export async function findUserByEmail(database: Database, email: string): Promise<UserRow | undefined> {
  const [row] = await database
    .select()
    .from(users)
    .where(eq(sql`lower(${users.email})`, email.toLowerCase()))
  return row
}

/** The password hash of a platform user. */
export async function findPasswordHash(database: Database, id: UserId): Promise<string | undefined> {
  const [row] = await database.select({ hash: users.passwordHash }).from(users).where(eq(users.id, id))
  return row?.hash
}

/** Adds a platform user; undefined when the address is taken (the unique index decides). */
export async function insertUser(
  database: Database,
  user: typeof users.$inferInsert,
): Promise<PlatformUser | undefined> {
  const [row] = await database
    .insert(users)
    .values({ ...user, email: user.email.toLowerCase() })
    .onConflictDoNothing()
    .returning(publicColumns)
  return row
}

/** Changes a platform user; undefined when there is none. */
export async function updateUser(
  database: Database,
  id: UserId,
  changes: Partial<Omit<typeof users.$inferInsert, 'id' | 'email'>>,
): Promise<PlatformUser | undefined> {
  const [row] = await database
    .update(users)
    .set({ ...changes, updatedAt: new Date() })
    .where(eq(users.id, id))
    .returning(publicColumns)
  return row
}

/**
 * Changes a platform user if its password is still the one that was verified; undefined otherwise. The condition and the
 * write are one statement: of a reset and a change that run together the later one sees the other's hash.
 */
export async function updateUserIfPassword(
  database: Database,
  user: { id: UserId; verifiedHash: string },
  changes: Partial<Pick<UserRow, 'fullName' | 'passwordHash' | 'isVerified'>>,
): Promise<PlatformUser | undefined> {
  const [row] = await database
    .update(users)
    .set({ ...changes, updatedAt: new Date() })
    .where(and(eq(users.id, user.id), eq(users.passwordHash, user.verifiedHash)))
    .returning(publicColumns)
  return row
}

/**
 * Whether the user is active and has the very password that was verified. Holds a share lock on the row until the
 * transaction ends, so that a reset waits and then sees what the transaction wrote, or was before it and is seen.
 */
export async function lockUserIfPassword(
  database: Database,
  user: { id: UserId; verifiedHash: string },
): Promise<boolean> {
  const rows = await database
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.id, user.id), eq(users.passwordHash, user.verifiedHash), users.isActive))
    .for('share')
  return rows.length > 0
}

/** Removes a platform user for good. */
export async function deleteUser(database: Database, id: UserId): Promise<void> {
  await database.delete(users).where(eq(users.id, id))
}

const superuserLock = 7_236_410_953

/**
 * How many active superusers there are. Holds a lock until the transaction ends, so that two requests cannot each
 * remove what they take for the last but one.
 */
export async function countActiveSuperusersLocked(database: Database): Promise<number> {
  await database.execute(sql`select pg_advisory_xact_lock(${superuserLock})`)
  const [row] = await database
    .select({ count: count() })
    .from(users)
    .where(and(eq(users.isSuperuser, true), eq(users.isActive, true)))
  return row?.count ?? 0
}

/** Whether anybody is a superuser, active or not. */
export async function hasSuperuser(database: Database): Promise<boolean> {
  const rows = await database.select({ id: users.id }).from(users).where(eq(users.isSuperuser, true)).limit(1)
  return rows.length > 0
}

/** What to list of the platform users. */
export interface UserFilters {
  q?: string
  tenantId?: TenantId
  /** True for people without a tenant, false for people with one. */
  unassigned?: boolean
  isActive?: boolean
  isVerified?: boolean
  isSuperuser?: boolean
  isOwner?: boolean
}

/** Lists platform users: search over address and name, keyset pages. */
export async function listUsers(database: Database, query: UserFilters & PageQuery): Promise<Page<PlatformUser>> {
  const keyset = keysetParts(query, {
    value: query.sort === 'email' ? users.email : users.createdAt,
    valueType: query.sort === 'email' ? 'text' : 'timestamptz',
    id: users.id,
    idType: 'uuid',
  })
  const rows = await database
    .select({ ...publicColumns, cursorValue: keyset.cursorValue })
    .from(users)
    .where(and(...matchingUsers(query), keyset.where))
    .orderBy(...keyset.orderBy)
    .limit(query.limit + 1)
  return cutPage(rows, query.limit)
}

/** How many platform users match, on all pages. */
export async function countMatchingUsers(database: Database, filters: UserFilters): Promise<number> {
  return database.$count(users, and(...matchingUsers(filters)))
}

function matchingUsers(filters: UserFilters): (SQL | undefined)[] {
  const { q, tenantId, unassigned, isActive, isVerified, isSuperuser, isOwner } = filters
  return [
    q ? or(ilike(users.email, containsPattern(q)), ilike(users.fullName, containsPattern(q))) : undefined,
    tenantId ? eq(users.tenantId, tenantId) : undefined,
    unassigned === undefined ? undefined : unassigned ? isNull(users.tenantId) : isNotNull(users.tenantId),
    isActive === undefined ? undefined : eq(users.isActive, isActive),
    isVerified === undefined ? undefined : eq(users.isVerified, isVerified),
    isSuperuser === undefined ? undefined : eq(users.isSuperuser, isSuperuser),
    isOwner === undefined ? undefined : eq(users.isOwner, isOwner),
  ]
}

/** How many platform users there are of each kind; somebody may be of several. */
export interface UserCounts {
  all: number
  superusers: number
  /** Those of the superusers that are not switched off: of these there is always one. */
  active_superusers: number
  owners: number
  assigned: number
  unassigned: number
}

/** Counts platform users by kind. */
export async function countUsers(database: Database): Promise<UserCounts> {
  const countIf = (condition: SQL | undefined): SQL<number> =>
    sql<number>`count(*) filter (where ${condition})`.mapWith(Number)
  const [row] = await database
    .select({
      all: count(),
      superusers: countIf(eq(users.isSuperuser, true)),
      active_superusers: countIf(and(eq(users.isSuperuser, true), eq(users.isActive, true))),
      owners: countIf(eq(users.isOwner, true)),
      assigned: countIf(isNotNull(users.tenantId)),
      unassigned: countIf(isNull(users.tenantId)),
    })
    .from(users)
  return row ?? { all: 0, superusers: 0, active_superusers: 0, owners: 0, assigned: 0, unassigned: 0 }
}
