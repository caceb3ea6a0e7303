import { and, isNull, lt, or, sql } from 'drizzle-orm'
import { signInTries } from './core-sign-in.schema.ts'
import type { Database } from './postgres.ts'

/** The three counts of one try. */
export interface TryKeys {
  /** The account from this address. */
  pair: string
  address: string
  account: string
}

/** A try that was taken, or why it may not be. */
export interface TakenTry {
  refusedBy: 'account_and_address' | 'address' | null
  /** Of the count that refused, else of the pair's. */
  spent: number
  endsInMs: number
  /** This account signed in from this address before. */
  isKnown: boolean
  /** Tries of the account from anywhere, this one included. */
  accountSpent: number
}

/** Takes a try, before the password is looked at; at once for all three counts and for all replicas. */
export async function takeSignInTry(
  database: Database,
  keys: TryKeys,
  maxima: { pairMax: number; addressMax: number },
): Promise<TakenTry> {
  const [row] = await database.execute<{
    refused_by: TakenTry['refusedBy']
    spent: number
    ends_in_ms: number
    is_known: boolean
    account_spent: number
  }>(sql`select * from take_sign_in_try(
    ${keys.pair}, ${keys.address}, ${keys.account}, ${maxima.pairMax}, ${maxima.addressMax})`)
  if (!row) throw new Error('no try was taken')
  return {
    refusedBy: row.refused_by,
    spent: row.spent,
    endsInMs: row.ends_in_ms,
    isKnown: row.is_known,
    accountSpent: row.account_spent,
  }
}

/** Gives a try back that was no wrong guess; after a sign-in the account's mistakes from this address are forgotten. */
export async function giveBackSignInTry(database: Database, keys: TryKeys, hasSucceeded: boolean): Promise<void> {
  await database.execute(
    sql`select give_back_sign_in_try(${keys.pair}, ${keys.address}, ${keys.account}, ${hasSucceeded})`,
  )
}

/** Deletes counts whose window is over, but for where accounts signed in from in the last 30 days. */
export async function deleteOldSignInTries(database: Database): Promise<void> {
  await database
    .delete(signInTries)
    .where(
      and(
        lt(signInTries.beganAt, sql`clock_timestamp() - interval '1 hour'`),
        or(isNull(signInTries.succeededAt), lt(signInTries.succeededAt, sql`clock_timestamp() - interval '30 days'`)),
      ),
    )
}
