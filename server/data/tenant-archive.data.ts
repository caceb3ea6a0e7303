import { getTableColumns, sql } from 'drizzle-orm'
import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core'
import type { TenantId } from '../platform/ids.ts'
import { usageLedger } from './core-usage.schema.ts'
import { tenantPromptVersions } from './core.schema.ts'
import type { Database } from './postgres.ts'
import { chatMessages, chatSessions, chunks, documentFiles, documents, tenantUsers } from './tenant.schema.ts'

/** How one table of a tenant goes into an archive and comes out again. */
interface ArchivedTable {
  table: PgTable
  store: 'tenant' | 'core'
  /** What the other side makes anew, or must not leave: secrets and what names this server. */
  leftOut: readonly string[]
  /** What gives every row its place, whatever ids the other side makes. */
  order: readonly string[]
  /** Rows that are not finished stay behind. */
  only?: string
  rowsPerBatch: number
}

const rowsPerBatch = 500

/** Every table that holds a tenant's rows, parents before children; a test holds it against the schemas. */
const archivedTables = {
  tenant_users: {
    table: tenantUsers,
    store: 'tenant',
    leftOut: ['tenant_id', 'password_hash', 'core_user_id'],
    order: ['id'],
    rowsPerBatch,
  },
  chat_sessions: { table: chatSessions, store: 'tenant', leftOut: ['tenant_id'], order: ['id'], rowsPerBatch },
  chat_messages: { table: chatMessages, store: 'tenant', leftOut: ['tenant_id'], order: ['id'], rowsPerBatch },
  documents: { table: documents, store: 'tenant', leftOut: ['tenant_id'], order: ['id'], rowsPerBatch },
  document_files: {
    table: documentFiles,
    store: 'tenant',
    leftOut: ['tenant_id'],
    order: ['id'],
    // Parts of files have up to 256 kB each.
    rowsPerBatch: 16,
  },
  chunks: { table: chunks, store: 'tenant', leftOut: ['tenant_id', 'search_vector'], order: ['id'], rowsPerBatch },
  prompt_versions: {
    table: tenantPromptVersions,
    store: 'core',
    leftOut: ['tenant_id'],
    order: ['version'],
    rowsPerBatch,
  },
  usage_ledger: {
    table: usageLedger,
    store: 'core',
    // Its ids are unique over all tenants of a server, so a copy gets ids of its own.
    leftOut: ['tenant_id', 'id', 'lease_expires_at'],
    order: ['created_at', 'row'],
    only: `status <> 'reserved'`,
    rowsPerBatch,
  },
} as const satisfies Record<string, ArchivedTable>

/** The name of a table in an archive. */
export type ArchivedTableName = keyof typeof archivedTables

/** The tables of an archive in the order that they must be inserted in, and where each lives. */
export const archivedTableNames = Object.keys(archivedTables).filter(isArchivedTable)

/** Tells whether an archive may have a table of this name. */
export function isArchivedTable(name: string): name is ArchivedTableName {
  return Object.hasOwn(archivedTables, name)
}

/** Whether a table's rows are in the tenant store or in core. */
export function storeOfTable(name: ArchivedTableName): 'tenant' | 'core' {
  return archivedTables[name].store
}

/** The columns of a table that an archive has. */
export function columnsOfTable(name: ArchivedTableName): string[] {
  const { table, leftOut } = archivedTables[name]
  const isLeftOut = (column: string): boolean => leftOut.some((left) => left === column)
  return Object.values(getTableColumns(table))
    .map((column) => column.name)
    .filter((column) => !isLeftOut(column))
}

/**
 * Reads a tenant's rows of one table in batches, each row as PostgreSQL writes it as JSON: the same row is the same
 * text on every server. Runs in the given snapshot, by a cursor, so that memory stays small.
 */
export async function* readArchivedRows(
  database: Database,
  query: { tenantId: TenantId; table: ArchivedTableName },
): AsyncGenerator<string[]> {
  const spec: ArchivedTable = archivedTables[query.table]
  const row = sql`to_jsonb(t) - ${sql.raw(`array[${spec.leftOut.map((name) => `'${name}'`).join(',')}]`)}`
  const order = sql.join(
    spec.order.map((column) => (column === 'row' ? sql`(${row})::text collate "C"` : sql.identifier(column))),
    sql`, `,
  )
  await database.execute(sql`declare archive_rows no scroll cursor for
    select (${row})::text as row from ${spec.table} t
    where tenant_id = ${query.tenantId} and ${sql.raw(spec.only ?? 'true')} order by ${order}`)
  for (;;) {
    const rows = await database.execute<{ row: string }>(sql.raw(`fetch ${spec.rowsPerBatch} from archive_rows`))
    if (rows.length > 0) yield rows.map((found) => found.row)
    if (rows.length < spec.rowsPerBatch) break
  }
  await database.execute(sql`close archive_rows`)
}

/** Inserts rows of an archive for a tenant; `columns` are some of `columnsOfTable`. Ids that a table lacks are made. */
export async function insertArchivedRows(
  database: Database,
  batch: { tenantId: TenantId; table: ArchivedTableName; columns: readonly string[]; rows: readonly string[] },
): Promise<void> {
  const { table, leftOut } = archivedTables[batch.table]
  const columns = batch.columns.map((column) => sql`${sql.identifier(column)}`)
  const makesIds = leftOut.some((column) => column === 'id')
  const { schema, name } = getTableConfig(table)
  const record = sql`null::${sql.identifier(schema ?? 'public')}.${sql.identifier(name)}`
  await database.execute(sql`
    insert into ${table} (tenant_id, ${makesIds ? sql`id, ` : sql``}${sql.join(columns, sql`, `)})
    select ${batch.tenantId}, ${makesIds ? sql`gen_random_uuid(), ` : sql``}${sql.join(columns, sql`, `)}
    from jsonb_populate_recordset(${record}, ${`[${batch.rows.join(',')}]`}::text::jsonb)`)
}

/** Links imported users that are platform users of this very server: same id, same address. */
export async function linkKnownUsers(
  database: Database,
  tenantId: TenantId,
  known: readonly { id: string; email: string }[],
): Promise<void> {
  if (known.length === 0) return
  await database.execute(sql`
    update tenant.tenant_users u set core_user_id = u.id
    from jsonb_to_recordset(${JSON.stringify(known)}::text::jsonb) as k(id uuid, email text)
    where u.tenant_id = ${tenantId} and u.id = k.id and lower(u.email) = lower(k.email) and u.password_hash is null`)
}
