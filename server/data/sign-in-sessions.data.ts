import { and, eq, gt, isNull, lt, ne, sql } from 'drizzle-orm'
import type { SignInSessionId, TenantId, UserId } from '../platform/ids.ts'
import type { CoreDatabase } from './core-database.ts'
import { type RefreshTokenUse, signInSessions } from './core-sign-in.schema.ts'
import type { Database } from './postgres.ts'

/** A signed-in device. */
export type SignInSession = typeof signInSessions.$inferSelect

/** The session of this id, ended ones included. */
export async function findSignInSession(database: Database, id: SignInSessionId): Promise<SignInSession | undefined> {
  const [row] = await database.select().from(signInSessions).where(eq(signInSessions.id, id))
  return row
}

/** A session to be started. */
export type NewSignInSession = typeof signInSessions.$inferInsert

/**
 * Runs `work` on sessions inside a unit of work of the tenant's store, whose row locks it thereby stands under. A pooled
 * store is the core database: it is the same transaction, all or nothing, and takes no second connection of the pool,
 * for which units that each hold one could wait for ever. For a dedicated store it is a transaction of its own in the
 * core database, committed before the store's: a failure in between leaves sessions ended and the password as it was.
 */
export function withSessionsOf<T>(
  store: { tenant: { isolation: 'pooled' | 'dedicated' }; database: Database; core: CoreDatabase },
  work: (database: Database) => Promise<T>,
): Promise<T> {
  return store.tenant.isolation === 'pooled' ? work(store.database) : store.core.write(work)
}

/** When each used refresh token that is still remembered was first used, the latest first. */
export function listRefreshTokenUses(session: SignInSession): RefreshTokenUse[] {
  const { previousHash, rotatedAt, earlierUses } = session
  return previousHash && rotatedAt
    ? [{ hash: previousHash, usedAtMs: rotatedAt.getTime() }, ...earlierUses]
    : earlierUses
}

/** Starts a session; only under a lock that keeps its user's password as it was verified. */
export async function insertSignInSession(database: Database, session: NewSignInSession): Promise<void> {
  await database.insert(signInSessions).values(session)
}

/**
 * Puts the next refresh token in place of the current one. Of several callers with the same token exactly one wins
 * (the row's own lock decides); the others get false.
 * @param rotation `earlierUses`: of the tokens before the current one, still to be remembered
 */
export async function rotateRefreshHash(
  database: Database,
  rotation: {
    id: SignInSessionId
    currentHash: string
    nextHash: string
    earlierUses: RefreshTokenUse[]
    now: Date
  },
): Promise<boolean> {
  const rows = await database
    .update(signInSessions)
    .set({
      refreshHash: rotation.nextHash,
      previousHash: rotation.currentHash,
      rotatedAt: rotation.now,
      earlierUses: rotation.earlierUses,
    })
    .where(
      and(
        eq(signInSessions.id, rotation.id),
        eq(signInSessions.refreshHash, rotation.currentHash),
        isNull(signInSessions.revokedAt),
        gt(signInSessions.expiresAt, rotation.now),
      ),
    )
    .returning({ id: signInSessions.id })
  return rows.length > 0
}

/** Ends a session; an ended one keeps its first reason. */
export async function revokeSignInSession(database: Database, id: SignInSessionId, reason: string): Promise<void> {
  await database
    .update(signInSessions)
    .set({ revokedAt: new Date(), revokedReason: reason })
    .where(and(eq(signInSessions.id, id), isNull(signInSessions.revokedAt)))
}

/** Ends all sessions of a user, in one tenant or everywhere, but the one to keep. */
export async function revokeSignInSessionsOf(
  database: Database,
  target: { userId: UserId; tenantId?: TenantId; except?: SignInSessionId; reason: string },
): Promise<void> {
  await database
    .update(signInSessions)
    .set({ revokedAt: new Date(), revokedReason: target.reason })
    .where(
      and(
        eq(signInSessions.userId, target.userId),
        target.tenantId ? eq(signInSessions.tenantId, target.tenantId) : undefined,
        target.except ? ne(signInSessions.id, target.except) : undefined,
        isNull(signInSessions.revokedAt),
      ),
    )
}

/**
 * Notes that a session gave a wrong password, and ends it when there were too many since the last right one.
 * @returns whether that ended it
 */
export async function noteWrongPassword(
  database: Database,
  session: { id: SignInSessionId; wrongMax: number },
): Promise<boolean> {
  const wrong = sql`${signInSessions.wrongPasswords} + 1`
  const isEnd = sql`${wrong} >= ${session.wrongMax} and ${signInSessions.revokedAt} is null`
  const [row] = await database
    .update(signInSessions)
    .set({
      wrongPasswords: wrong,
      revokedAt: sql`case when ${isEnd} then clock_timestamp() else ${signInSessions.revokedAt} end`,
      revokedReason: sql`case when ${isEnd} then 'wrong passwords' else ${signInSessions.revokedReason} end`,
    })
    .where(eq(signInSessions.id, session.id))
    .returning({ wrong: signInSessions.wrongPasswords })
  return row?.wrong === session.wrongMax
}

/** Forgets a session's wrong passwords: it gave the right one. */
export async function forgetWrongPasswords(database: Database, id: SignInSessionId): Promise<void> {
  await database
    .update(signInSessions)
    .set({ wrongPasswords: 0 })
    .where(and(eq(signInSessions.id, id), gt(signInSessions.wrongPasswords, 0)))
}

/** Removes sessions that expired before the given time. */
export async function deleteExpiredSignInSessions(database: Database, before: Date): Promise<void> {
  await database.delete(signInSessions).where(lt(signInSessions.expiresAt, before))
}

/** Removes all sessions of a tenant's users. */
export async function deleteSignInSessionsOfTenant(database: Database, tenantId: TenantId): Promise<number> {
  const rows = await database
    .delete(signInSessions)
    .where(eq(signInSessions.tenantId, tenantId))
    .returning({ id: signInSessions.id })
  return rows.length
}
