import { type SQL, sql } from 'drizzle-orm'
import type { Database } from './postgres.ts'

/**
 * A column whose values were sealed by the secret box. All of them are listed here: rotating keys goes by this list,
 * and a test looks for sealed values that are anywhere else.
 */
export interface SealedColumn {
  table: string
  column: string
  /** The sealed text. */
  value: SQL
  /** What it was sealed for: the `row` of its place. */
  row: SQL
  /** Puts a new text, `r.sealed`, in its place. */
  set: SQL
  /** A keyed hash of an address that the text holds, `r.digest`; null where there is none. */
  digest?: SQL
  /** Only the owner may read it. */
  isOwners?: boolean
}

const plain = (table: string, column: string): SealedColumn => ({
  table,
  column,
  value: sql`t.${sql.identifier(column)}`,
  row: sql`t.id::text`,
  set: sql`${sql.identifier(column)} = r.sealed`,
})

/** Every sealed column of the core database; the tenant stores have none. */
export const sealedColumns: readonly SealedColumn[] = [
  { ...plain('installation', 'runtime_password'), isOwners: true },
  plain('database_servers', 'address'),
  plain('tenants', 'database_password'),
  plain('tenants', 'model_api_key'),
  plain('tenants', 'pinecone_api_key'),
  { ...plain('email_tokens', 'context'), digest: sql`t.address_digest` },
  { ...plain('outgoing_mail', 'content'), digest: sql`t.address_digest` },
  {
    table: 'idempotency_keys',
    column: 'body',
    value: sql`t.body ->> 'sealed'`,
    row: sql`t.body ->> 'id'`,
    set: sql`body = jsonb_set(t.body, '{sealed}', to_jsonb(r.sealed))`,
  },
]

/** A sealed value as it is stored. */
export interface SealedRow {
  /** Where it stands until it is written again (ctid). */
  at: string
  row: string
  sealed: string
  hasDigest: boolean
}

/** Reads values that were sealed with this key, in the order they stand in; `skip` leaves the first ones out. */
export function listSealedRows(
  database: Database,
  query: { column: SealedColumn; keyId: string; skip: number; limit: number },
): Promise<SealedRow[]> {
  const { column, keyId, skip, limit } = query
  return database.execute<{ at: string; row: string; sealed: string; hasDigest: boolean }>(sql`
    select t.ctid::text as at, ${column.row} as row, ${column.value} as sealed,
      ${column.digest ? sql`${column.digest} is not null` : sql`false`} as "hasDigest"
    from ${sql.identifier(column.table)} t
    where split_part(${column.value}, '.', 1) = 'v1' and split_part(${column.value}, '.', 2) = ${keyId}
    order by t.ctid limit ${limit} offset ${skip}`)
}

/**
 * Puts newly sealed values in place of those that were read, unless a row was changed meanwhile: then it stands
 * elsewhere, and is found again. One statement, so a batch is written whole or not at all.
 * @returns how many were replaced
 */
export async function replaceSealedRows(
  database: Database,
  column: SealedColumn,
  rows: readonly { at: string; former: string; sealed: string; digest: string | null }[],
): Promise<number> {
  const digest = column.digest ? sql`, address_digest = coalesce(r.digest, t.address_digest)` : sql``
  const replaced = await database.execute(sql`
    update ${sql.identifier(column.table)} t set ${column.set}${digest}
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb)
      as r(at text, former text, sealed text, digest text)
    where t.ctid = r.at::tid and ${column.value} = r.former
    returning 1`)
  return replaced.length
}

/** How many values of a column were sealed with which key. */
export interface SealedCount {
  table: string
  column: string
  keyId: string
  rows: number
}

/** Counts what is sealed with which key, as the runtime role may. */
export async function countSealedRows(database: Database): Promise<SealedCount[]> {
  const counts = sealedColumns.map(({ table, column, value, isOwners }) => {
    const keyId = isOwners ? sql`runtime_password_key_id()` : sql`split_part(${value}, '.', 2)`
    const isSealed = isOwners ? sql`runtime_password_key_id() is not null` : sql`${value} like 'v1.%'`
    return sql`select ${table}::text as table, ${column}::text as column, ${keyId} as "keyId", count(*)::int as rows
      from ${sql.identifier(table)} t where ${isSealed} group by 3`
  })
  return database.execute<{ table: string; column: string; keyId: string; rows: number }>(
    sql.join(counts, sql` union all `),
  )
}
