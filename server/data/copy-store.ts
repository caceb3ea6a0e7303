import { sql, type SQL } from 'drizzle-orm'
import type { TenantId } from '../platform/ids.ts'
import type { Database } from './postgres.ts'
import { rowsAtOnce, storedColumnsOf, type TenantTableName, tenantTableNames, tenantTables } from './tenant-tables.ts'

/*
 * Copying a tenant's rows from one store to another, and finding what is different. All of it runs under the tenant's
 * policies on both sides. Rows travel as JSON that PostgreSQL writes: the same row is the same text on every server.
 */

/** Ids that divide a table into ranges of about the same size: what differs is looked for range by range. */
export type RangeStarts = Record<TenantTableName, string[]>

/** A tenant's rows of one table that are not the same on both sides. */
export interface Difference {
  table: TenantTableName
  /** Rows that the target lacks or has otherwise. */
  stale: string[]
  /** Rows that only the target has. */
  surplus: string[]
}

const rowsPerBatch = 1_000
const bytesPerBatchMax = 8 * 1024 * 1024
const idsPerBatch = 500

/** How many rows the tenant has in all tables. */
export async function countStoreRows(database: Database, tenantId: TenantId): Promise<number> {
  const counts = tenantTableNames.map(
    (name) => sql`select count(*)::int as rows from ${tenantTables[name]} where tenant_id = ${tenantId}`,
  )
  const rows = await database.execute<{ rows: number }>(sql.join(counts, sql` union all `))
  return rows.reduce((sum, row) => sum + row.rows, 0)
}

/**
 * Copies all rows that a snapshot of the source sees, parents before children.
 * @param source a snapshot, so that no child comes without its parent
 * @param insert runs each batch in a transaction of its own on the target; it may throw to stop
 * @returns where the ranges start that `findDifferences` compares
 */
export async function copyRows(
  source: Database,
  copy: {
    tenantId: TenantId
    insert: (write: (target: Database) => Promise<void>, rows: number) => Promise<void>
  },
): Promise<RangeStarts> {
  const starts: Partial<RangeStarts> = {}
  for (const table of tenantTableNames) {
    const ofTable: string[] = []
    await source.execute(sql`declare moved_rows no scroll cursor for
      select id::text as id, (${rowOf(table)})::text as row from ${tenantTables[table]} t
      where tenant_id = ${copy.tenantId} order by t.id`)
    const rowsPerFetch = rowsAtOnce(table, rowsPerBatch)
    for (;;) {
      const rows = await source.execute<{ id: string; row: string }>(sql.raw(`fetch ${rowsPerFetch} from moved_rows`))
      const [first] = rows
      if (!first) break
      ofTable.push(first.id)
      for (const batch of cutBatches(rows)) {
        await copy.insert((target) => insertRows(target, { table, rows: batch }), batch.length)
      }
      if (rows.length < rowsPerFetch) break
    }
    await source.execute(sql`close moved_rows`)
    starts[table] = ofTable
  }
  return { ...noRanges(), ...starts }
}

/**
 * What the ranges of a tenant's rows were like at one moment, without reading the rows: ids with the transactions that
 * wrote them. A range with the same mark has the same rows; every insert, update and delete changes it.
 */
export type RangeMarks = Record<TenantTableName, Map<number, string>>

/** Marks all ranges: some ten times faster than hashing what is in them. */
export async function markRanges(
  database: Database,
  query: { tenantId: TenantId; starts: RangeStarts },
): Promise<RangeMarks> {
  const marks = noMarks()
  for (const table of tenantTableNames) {
    const rows = await database.execute<{ number: number; mark: string }>(sql`
      select ${rangeNumber(query.starts[table])} as number,
        count(*)::text || ':' || sum(hashtextextended(t.id::text || t.xmin::text, 0))::text as mark
      from ${tenantTables[table]} t where tenant_id = ${query.tenantId} group by 1`)
    marks[table] = new Map(rows.map(({ number, mark }) => [number, mark]))
  }
  return marks
}

/**
 * Compares both sides: all ranges by their hashes, or, with the marks of a moment when they were the same, only those
 * ranges that changed since then; what differs row by row. Nothing differs: no entry.
 */
export async function findDifferences(
  sides: { source: Database; target: Database },
  query: { tenantId: TenantId; starts: RangeStarts; marks: { now: RangeMarks; equal: RangeMarks | undefined } },
): Promise<Difference[]> {
  const { now, equal } = query.marks
  const differences: Difference[] = []
  for (const table of tenantTableNames) {
    const ranged = { tenantId: query.tenantId, table, starts: query.starts[table] }
    const changed = equal
      ? findChanged(now[table], equal[table])
      : findChanged(...(await Promise.all([hashRanges(sides.source, ranged), hashRanges(sides.target, ranged)])))
    if (changed.length === 0) continue
    const [wanted, found] = await Promise.all([
      hashRows(sides.source, { ...ranged, numbers: changed }),
      hashRows(sides.target, { ...ranged, numbers: changed }),
    ])
    const stale = [...wanted].flatMap(([id, hash]) => (found.get(id) === hash ? [] : [id]))
    const surplus = [...found.keys()].filter((id) => !wanted.has(id))
    if (stale.length + surplus.length > 0) differences.push({ table, stale, surplus })
  }
  return differences
}

function findChanged(one: Map<number, string>, other: Map<number, string>): number[] {
  return [...new Set([...one.keys(), ...other.keys()])].filter((number) => one.get(number) !== other.get(number))
}

/** Makes the target like the source in one transaction of the target: surplus children go first, parents come first. */
export async function applyDifferences(
  sides: { source: Database; target: Database },
  change: { tenantId: TenantId; differences: readonly Difference[] },
): Promise<number> {
  let rows = 0
  for (const { table, surplus } of change.differences.toReversed()) {
    for (const ids of cutIds(surplus)) {
      await sides.target.execute(sql`delete from ${tenantTables[table]}
        where tenant_id = ${change.tenantId} and id = any(${listOf(ids)})`)
    }
    rows += surplus.length
  }
  for (const { table, stale } of change.differences) {
    for (const ids of cutIds(stale, rowsAtOnce(table, idsPerBatch))) {
      const found = await sides.source.execute<{ id: string; row: string }>(sql`
        select id::text as id, (${rowOf(table)})::text as row from ${tenantTables[table]} t
        where tenant_id = ${change.tenantId} and id = any(${listOf(ids)})`)
      for (const batch of cutBatches(found)) await insertRows(sides.target, { table, rows: batch })
    }
    rows += stale.length
  }
  return rows
}

function noMarks(): RangeMarks {
  return {
    tenant_users: new Map(),
    chat_sessions: new Map(),
    chat_messages: new Map(),
    documents: new Map(),
    document_files: new Map(),
    chunks: new Map(),
  }
}

function noRanges(): RangeStarts {
  return { tenant_users: [], chat_sessions: [], chat_messages: [], documents: [], document_files: [], chunks: [] }
}

/** A row without what is made from the rest. */
function rowOf(table: TenantTableName): SQL {
  const kept = storedColumnsOf(tenantTables[table])
  const pairs = kept.map((column) => sql`${sql.raw(`'${column}'`)}, t.${sql.identifier(column)}`)
  return sql`jsonb_build_object(${sql.join(pairs, sql`, `)})`
}

async function insertRows(target: Database, batch: { table: TenantTableName; rows: readonly string[] }): Promise<void> {
  const columns = storedColumnsOf(tenantTables[batch.table])
  const names = sql.join(
    columns.map((column) => sql`${sql.identifier(column)}`),
    sql`, `,
  )
  const taken = sql.join(
    columns.map((column) => sql`${sql.identifier(column)} = excluded.${sql.identifier(column)}`),
    sql`, `,
  )
  await target.execute(sql`insert into ${tenantTables[batch.table]} (${names})
    select ${names} from jsonb_populate_recordset(
      null::tenant.${sql.identifier(batch.table)}, ${`[${batch.rows.join(',')}]`}::text::jsonb)
    on conflict (tenant_id, id) do update set ${taken}`)
}

interface Ranged {
  tenantId: TenantId
  table: TenantTableName
  starts: readonly string[]
}

function rangeNumber(starts: readonly string[]): SQL {
  return starts.length === 0 ? sql`0` : sql`width_bucket(t.id, ${listOf(starts)})`
}

async function hashRanges(database: Database, { tenantId, table, starts }: Ranged): Promise<Map<number, string>> {
  const rows = await database.execute<{ number: number; hash: string }>(sql`
    select ${rangeNumber(starts)} as number,
      count(*)::text || md5(string_agg(md5((${rowOf(table)})::text), '' order by t.id)) as hash
    from ${tenantTables[table]} t where tenant_id = ${tenantId} group by 1`)
  return new Map(rows.map(({ number, hash }) => [number, hash]))
}

async function hashRows(
  database: Database,
  { tenantId, table, starts, numbers }: Ranged & { numbers: readonly number[] },
): Promise<Map<string, string>> {
  const rows = await database.execute<{ id: string; hash: string }>(sql`
    select t.id::text as id, md5((${rowOf(table)})::text) as hash from ${tenantTables[table]} t
    where tenant_id = ${tenantId} and ${rangeNumber(starts)} = any(${`{${numbers.join(',')}}`}::int[])`)
  return new Map(rows.map(({ id, hash }) => [id, hash]))
}

/** An array of UUIDs as one parameter. */
function listOf(ids: readonly string[]): SQL {
  return sql`${`{${ids.join(',')}}`}::uuid[]`
}

function cutIds(ids: readonly string[], atOnce = idsPerBatch): string[][] {
  return Array.from({ length: Math.ceil(ids.length / atOnce) }, (_, index) =>
    ids.slice(index * atOnce, (index + 1) * atOnce),
  )
}

/** One statement carries a few megabytes at most, however long the rows are. */
function cutBatches(rows: readonly { row: string }[]): string[][] {
  const batches: string[][] = []
  let bytes = Infinity
  for (const { row } of rows) {
    if (bytes + row.length > bytesPerBatchMax) {
      batches.push([])
      bytes = 0
    }
    batches.at(-1)?.push(row)
    bytes += row.length
  }
  return batches
}
