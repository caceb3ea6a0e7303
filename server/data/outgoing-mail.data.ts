import { and, asc, eq, gt, inArray, isNotNull, isNull, lt, lte, ne, or, type SQL, sql } from 'drizzle-orm'
import { emailTokens, outgoingMail } from './core-mail.schema.ts'
import { cutPage, keysetParts, type Page, type PageQuery } from './page.ts'
import type { Database } from './postgres.ts'

/** A row of the outgoing mail; its content is sealed. */
export type OutgoingMail = typeof outgoingMail.$inferSelect

/** Adds a row. */
export async function insertOutgoingMail(database: Database, mail: typeof outgoingMail.$inferInsert): Promise<void> {
  await database.insert(outgoingMail).values(mail)
}

/**
 * Takes up to `itemsMax` due rows, oldest first. Each is out of others' reach until `untilAt`: whoever took it and died
 * leaves it to the next one. Rows that somebody else is taking just now are skipped, so no two replicas take the same.
 */
export async function takeDueMail(
  database: Database,
  take: { now: Date; untilAt: Date; itemsMax: number },
): Promise<OutgoingMail[]> {
  const due = database
    .select({ id: outgoingMail.id })
    .from(outgoingMail)
    .where(and(isNotNull(outgoingMail.dueAt), lte(outgoingMail.dueAt, take.now)))
    .orderBy(asc(outgoingMail.dueAt), asc(outgoingMail.id))
    .limit(take.itemsMax)
    .for('update', { skipLocked: true })
  return database
    .update(outgoingMail)
    .set({ dueAt: take.untilAt, attempts: sql`${outgoingMail.attempts} + 1` })
    .where(inArray(outgoingMail.id, due))
    .returning()
}

/** Puts a row off until later, or gives it up with the stage `failed`. */
export async function updateOutgoingMail(
  database: Database,
  id: string,
  changes: Partial<Pick<OutgoingMail, 'stage' | 'dueAt'>>,
): Promise<void> {
  await database.update(outgoingMail).set(changes).where(eq(outgoingMail.id, id))
}

/** Removes a row; of several callers exactly one gets true (the row's lock decides). */
export async function deleteOutgoingMail(database: Database, id: string): Promise<boolean> {
  const rows = await database.delete(outgoingMail).where(eq(outgoingMail.id, id)).returning({ id: outgoingMail.id })
  return rows.length > 0
}

/** Removes mails without a link, which no expiry takes along, that were written before. */
export async function deleteOldNotices(database: Database, before: Date): Promise<void> {
  await database
    .delete(outgoingMail)
    .where(and(isNull(outgoingMail.tokenId), ne(outgoingMail.stage, 'asked'), lt(outgoingMail.createdAt, before)))
}

/** Lists written mails that nobody has got yet and whose links still work: all, or one recipient's. */
export async function listOutgoingMail(
  database: Database,
  query: PageQuery & { addressDigests?: string[]; now: Date },
): Promise<Page<OutgoingMail>> {
  const keyset = keysetParts(query, {
    value: outgoingMail.createdAt,
    valueType: 'timestamptz',
    id: outgoingMail.id,
    idType: 'uuid',
  })
  const conditions: (SQL | undefined)[] = [
    ne(outgoingMail.stage, 'asked'),
    or(isNull(outgoingMail.tokenId), gt(emailTokens.expiresAt, query.now)),
    query.addressDigests && inArray(outgoingMail.addressDigest, query.addressDigests),
    keyset.where,
  ]
  const rows = await database
    .select({ mail: outgoingMail, cursorValue: keyset.cursorValue })
    .from(outgoingMail)
    .leftJoin(emailTokens, eq(emailTokens.id, outgoingMail.tokenId))
    .where(and(...conditions))
    .orderBy(...keyset.orderBy)
    .limit(query.limit + 1)
  return cutPage(
    rows.map(({ mail, cursorValue }) => ({ ...mail, cursorValue })),
    query.limit,
  )
}
