import { and, count, eq, gt, inArray, lt } from 'drizzle-orm'
import type { TenantId, UserId } from '../platform/ids.ts'
import { emailTokens } from './core-mail.schema.ts'
import type { Database } from './postgres.ts'

/** A one-time link as stored. */
export type EmailToken = typeof emailTokens.$inferSelect

/** What a link is for. */
export type LinkPurpose = EmailToken['purpose']

/** Stores a link's token. */
export async function insertEmailToken(database: Database, token: typeof emailTokens.$inferInsert): Promise<void> {
  await database.insert(emailTokens).values(token)
}

/** The token of this hash and purpose, unless it has expired. */
export async function findEmailToken(
  database: Database,
  wanted: { purpose: LinkPurpose; tokenHash: string; now: Date },
): Promise<EmailToken | undefined> {
  const [row] = await database
    .select()
    .from(emailTokens)
    .where(
      and(
        eq(emailTokens.tokenHash, wanted.tokenHash),
        eq(emailTokens.purpose, wanted.purpose),
        gt(emailTokens.expiresAt, wanted.now),
      ),
    )
  return row
}

/** Uses a token up, its mail with it; of several callers exactly one gets true (the row's lock decides). */
export async function useEmailToken(database: Database, id: string, now: Date): Promise<boolean> {
  const rows = await database
    .delete(emailTokens)
    .where(and(eq(emailTokens.id, id), gt(emailTokens.expiresAt, now)))
    .returning({ id: emailTokens.id })
  return rows.length > 0
}

/** Removes a user's other links of one purpose, once one of them has served it. */
export async function deleteEmailTokensOfUser(
  database: Database,
  target: { userId: UserId; purpose: LinkPurpose },
): Promise<void> {
  await database
    .delete(emailTokens)
    .where(and(eq(emailTokens.userId, target.userId), eq(emailTokens.purpose, target.purpose)))
}

/** Removes the open invites of an address to a tenant. */
export async function deleteInvites(
  database: Database,
  target: { tenantId: TenantId; addressDigests: string[] },
): Promise<void> {
  await database
    .delete(emailTokens)
    .where(
      and(
        eq(emailTokens.tenantId, target.tenantId),
        inArray(emailTokens.addressDigest, target.addressDigests),
        eq(emailTokens.purpose, 'invite'),
      ),
    )
}

/** How many links of one purpose a user was sent since then, used ones left out. */
export async function countEmailTokens(
  database: Database,
  query: { userId: UserId; purpose: LinkPurpose; since: Date },
): Promise<number> {
  const [row] = await database
    .select({ count: count() })
    .from(emailTokens)
    .where(
      and(
        eq(emailTokens.userId, query.userId),
        eq(emailTokens.purpose, query.purpose),
        gt(emailTokens.createdAt, query.since),
      ),
    )
  return row?.count ?? 0
}

/** Removes expired tokens and the mails that carried them. */
export async function deleteExpiredEmailTokens(database: Database, now: Date): Promise<void> {
  await database.delete(emailTokens).where(lt(emailTokens.expiresAt, now))
}
