import { and, eq, gt, sql } from 'drizzle-orm'
import { installation } from './core.schema.ts'
import type { Database } from './postgres.ts'

/** Replaces the one-time setup token; only its hash is kept. */
export async function storeSetupToken(database: Database, token: { hash: string; expiresAt: Date }): Promise<void> {
  await database.update(installation).set({ setupTokenHash: token.hash, setupTokenExpiresAt: token.expiresAt })
}

/** Uses the setup token up; of several callers exactly one gets true (the row's lock decides). */
export async function useSetupToken(database: Database, hash: string, now: Date): Promise<boolean> {
  const rows = await database
    .update(installation)
    .set({ setupTokenHash: null, setupTokenExpiresAt: null })
    .where(and(eq(installation.setupTokenHash, hash), gt(installation.setupTokenExpiresAt, now)))
    .returning({ id: installation.id })
  return rows.length > 0
}

/** Answers when the database does, with what the System page shows of it. */
export async function readDatabaseFacts(database: Database): Promise<{ version: string }> {
  const [row] = await database.execute<{ version: string }>(sql`
    select current_setting('server_version') as version`)
  return { version: row?.version ?? '' }
}
