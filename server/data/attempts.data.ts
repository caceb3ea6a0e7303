import { eq, sql } from 'drizzle-orm'
import { signInTries } from './core-sign-in.schema.ts'
import type { Database } from './postgres.ts'

/** What became of an attempt that all replicas count together. */
export interface CountedAttempt {
  allowed: boolean
  /** Milliseconds until the window ends. */
  endsInMs: number
}

/**
 * Counts an attempt in its key's window, which begins with the first one and is an hour long at most (then the row is
 * swept). The row's lock lets exactly the maximum through, however many come at once. The database's clock decides for
 * all replicas; were it set back, a window that began in what is now the future begins now.
 * @param attempt `key`: a keyed hash, so the table tells nothing of what is counted
 */
export async function takeAttempt(
  database: Database,
  attempt: { key: string; max: number; windowMs: number },
): Promise<CountedAttempt> {
  const { key, max, windowMs } = attempt
  const window = sql`make_interval(secs => ${windowMs / 1000}::double precision)`
  const [row] = await database.execute<{ spent: number; ends_in_ms: number }>(sql`
    insert into sign_in_tries as t (key, began_at, spent) values (${key}, clock_timestamp(), 1)
    on conflict (key) do update set
      began_at = case when t.began_at > clock_timestamp() - ${window}
        then least(t.began_at, clock_timestamp()) else clock_timestamp() end,
      spent = case when t.began_at > clock_timestamp() - ${window} then least(t.spent, ${max}::integer) + 1 else 1 end
    returning t.spent,
      ceil(extract(epoch from t.began_at + ${window} - clock_timestamp()) * 1000)::integer as ends_in_ms`)
  if (!row) throw new Error('no attempt was counted')
  return { allowed: row.spent <= max, endsInMs: row.ends_in_ms }
}

/** Gives an attempt back that is not to count. */
export async function giveBackAttempt(database: Database, key: string): Promise<void> {
  await database
    .update(signInTries)
    .set({ spent: sql`greatest(${signInTries.spent} - 1, 0)` })
    .where(eq(signInTries.key, key))
}

/** Forgets what was counted of a key. */
export async function forgetAttempts(database: Database, key: string): Promise<void> {
  await database.delete(signInTries).where(eq(signInTries.key, key))
}
