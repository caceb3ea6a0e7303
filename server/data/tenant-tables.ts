import { type AnyColumn, getTableColumns } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { chatMessages, chatSessions, chunks, documentFiles, documents, tenantUsers } from './tenant.schema.ts'

/** The tables of a tenant store, parents before children; a test holds the list against the catalog. */
export const tenantTables = {
  tenant_users: tenantUsers,
  chat_sessions: chatSessions,
  chat_messages: chatMessages,
  documents,
  document_files: documentFiles,
  chunks,
} as const satisfies Record<string, PgTable>

/** The name of a table of the tenant store. */
export type TenantTableName = keyof typeof tenantTables

/** How many rows of a table are held in memory at once: parts of files have up to 256 kB each. */
export function rowsAtOnce(name: TenantTableName, rows: number): number {
  return name === 'document_files' ? Math.min(rows, 16) : rows
}

/** Their names, parents before children. */
export const tenantTableNames = Object.keys(tenantTables).filter(isTenantTable)

function isTenantTable(name: string): name is TenantTableName {
  return Object.hasOwn(tenantTables, name)
}

/** The names of a table's columns that are stored, so not made from others. */
export function storedColumnsOf(table: PgTable): string[] {
  const columns: AnyColumn[] = Object.values(getTableColumns(table))
  return columns.filter((column) => column.generated === undefined).map((column) => column.name)
}
