import { and, eq, lt, sql } from 'drizzle-orm'
import { idempotencyKeys } from './core.schema.ts'
import type { Database } from './postgres.ts'

/** The first answer to a request. */
export interface KeptAnswer {
  requestHash: string
  status: number
  body: unknown
}

const keptHours = 24

/**
 * Takes the caller's key for the rest of the transaction; false when another request holds it. The lock, not a row,
 * says “in flight”, so a crash leaves nothing behind.
 */
export async function lockIdempotencyKey(database: Database, caller: string, key: string): Promise<boolean> {
  const [row] = await database.execute<{ locked: boolean }>(
    sql`select pg_try_advisory_xact_lock(hashtextextended(${`idempotency ${caller} ${key}`}, 0)) as locked`,
  )
  return row?.locked === true
}

/** The answer kept for a key, at most 24 hours old. */
export async function findKeptAnswer(database: Database, caller: string, key: string): Promise<KeptAnswer | undefined> {
  const [row] = await database
    .select()
    .from(idempotencyKeys)
    .where(
      and(
        eq(idempotencyKeys.caller, caller),
        eq(idempotencyKeys.key, key),
        sql`${idempotencyKeys.createdAt} > now() - ${`${keptHours} hours`}::interval`,
      ),
    )
  return row
}

/** Keeps the answer in the transaction of its effect: both or neither. */
export async function keepAnswer(database: Database, caller: string, key: string, answer: KeptAnswer): Promise<void> {
  const values = { requestHash: answer.requestHash, status: answer.status, body: answer.body, createdAt: new Date() }
  await database
    .insert(idempotencyKeys)
    .values({ caller, key, ...values })
    .onConflictDoUpdate({ target: [idempotencyKeys.caller, idempotencyKeys.key], set: values })
}

/** Removes answers older than 24 hours. */
export async function deleteOldAnswers(database: Database, now: Date): Promise<void> {
  await database
    .delete(idempotencyKeys)
    .where(lt(idempotencyKeys.createdAt, new Date(now.getTime() - keptHours * 3_600_000)))
}
