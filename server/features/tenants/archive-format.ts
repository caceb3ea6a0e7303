import { t } from 'elysia'
import { isArchivedTable, type ArchivedTableName } from '../../data/tenant-archive.data.ts'
import { newTenantBody } from './tenants.schemas.ts'

/*
 * An archive is gzipped lines of JSON, so that it can be written and read in one pass, whatever its size: first the
 * head, then the rows table by table, last the end with what must have arrived. One that was cut off has no end.
 */

/** The version of this format; another one is refused. */
export const archiveVersion = 1

const columnNames = t.Record(t.String({ maxLength: 100 }), t.Array(t.String({ maxLength: 100 }), { maxItems: 200 }))

/** The first line: what this is, the tenant's settings without secrets, and the columns of each table. */
export const archiveHead = t.Object({
  kind: t.Literal('tenantry.tenant'),
  version: t.Literal(archiveVersion),
  exported_at: t.String(),
  tenant: t.Omit(newTenantBody, ['pinecone_api_key', 'model_api_key', 'owner_id', 'isolation', 'database_server_id']),
  /** Secrets that were set, to be entered again. */
  secrets: t.Array(t.String()),
  columns: columnNames,
})
/** The first line of an archive. */
export type ArchiveHead = typeof archiveHead.static

/** How many rows of a table there are, and the SHA-256 over their lines. */
export const tableSum = t.Object({ rows: t.Integer(), sha256: t.String() })
/** The sum of one table. */
export type TableSum = typeof tableSum.static

/** The last line. */
export const archiveEnd = t.Object({ end: t.Literal(true), tables: t.Record(t.String(), tableSum) })

/** A row as a line; `row` is JSON already. */
export function writeRow(table: ArchivedTableName, row: string): string {
  return `{"table":"${table}","row":${row}}\n`
}

/** Reads a line that `writeRow` wrote, leaving the row as it is; undefined for every other line. */
export function readRow(line: string): { table: ArchivedTableName; row: string } | undefined {
  const found = /^\{"table":"([a-z_]{1,60})","row":(\{.*\})\}$/s.exec(line)
  const [, table, row] = found ?? []
  return table !== undefined && row !== undefined && isArchivedTable(table) ? { table, row } : undefined
}
