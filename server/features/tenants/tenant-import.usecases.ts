import { Value } from '@sinclair/typebox/value'
import type { TSchema, Static } from '@sinclair/typebox'
import { type AuditActor, insertAudit } from '../../data/audit.data.ts'
import { deleteTenantRows } from '../../data/conversations.data.ts'
import { listUnfinishedIds } from '../../data/documents.data.ts'
import {
  type ArchivedTableName,
  columnsOfTable,
  insertArchivedRows,
  isArchivedTable,
  linkKnownUsers,
  storeOfTable,
} from '../../data/tenant-archive.data.ts'
import { deleteTenant, type TenantRecord, updateTenant } from '../../data/tenants.data.ts'
import { deleteUsageOfTenant } from '../../data/usage.data.ts'
import { findUsersByIds } from '../../data/users.data.ts'
import { enqueueIngestion } from '../../knowledge/ingestion.ts'
import { defineError } from '../../platform/errors.ts'
import { parseUserId, type UserId } from '../../platform/ids.ts'
import { readGzippedLines } from '../../platform/json-lines.ts'
import { archiveEnd, archiveHead, type ArchiveHead, readRow, type TableSum } from './archive-format.ts'
import { countRows, sumTenant } from './tenant-export.usecases.ts'
import { createTenant, type TenantsParts } from './tenants.usecases.ts'

/** The archive is broken, cut off, or of another version. */
export const archiveInvalid = defineError({
  code: 'import.archive_invalid',
  status: 422,
  title: 'The archive cannot be imported',
})

/** What was imported, and which secrets somebody has to enter again. */
export interface ImportedTenant {
  tenant: TenantRecord
  tables: Record<string, TableSum>
  missing: { field: string; value: string | null }[]
}

/** The longest line: a file of 25 MB takes twice that in hexadecimal. */
const lineBytesMax = 128 * 1024 * 1024
const rowsPerBatchMax = 500
const bytesPerBatchMax = 4 * 1024 * 1024

/**
 * Makes a tenant from an archive, in one pass: while its rows arrive it is `provisioning` and serves nobody; then all
 * its tables are read back and compared with the archive's hashes before it is opened. Whatever goes wrong, nothing of
 * it is left. Throws `import.archive_invalid`, `tenant.id_taken`, `request.invalid`.
 * @param wanted.id instead of the archive's own
 */
export async function importTenant(
  parts: TenantsParts,
  wanted: { body: AsyncIterable<Uint8Array>; id: string | undefined },
  actor: AuditActor,
): Promise<ImportedTenant> {
  const lines = readLines(wanted.body)
  const first = await lines.next()
  const head = readHead(first.done ? '' : first.value)
  const missing = describeMissing(head)
  const made = await makeClosedTenant(parts, head, wanted.id ?? head.tenant.id, actor)
  try {
    const expected = await importRows(parts, { tenant: made, head, lines })
    const tables = await sumTenant(parts, made)
    ensureEqual(expected, tables)
    const tenant = await openTenant(parts, { made, head, tables }, actor)
    await goOnWithDocuments(parts, tenant)
    return { tenant, tables, missing }
  } catch (error) {
    await removeImported(parts, made, actor)
    throw error
  } finally {
    await lines.return(undefined)
    parts.directories.forget({ kind: 'tenant', ids: [made.id] })
  }
}

async function* readLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  try {
    yield* readGzippedLines(body, { lineBytesMax })
  } catch (error) {
    throw refuse('It is broken or was cut off: export it again, or send it again.', error)
  }
}

function readHead(line: string): ArchiveHead {
  const head = readLine(archiveHead, line)
  if (!head) throw refuse('It does not begin like an archive of this version.')
  for (const [table, columns] of Object.entries(head.columns)) {
    const known = isArchivedTable(table) ? columnsOfTable(table) : []
    const unknown = columns.find((column) => !known.includes(column))
    if (unknown !== undefined) throw refuse(`It has ${table}.${unknown}, which this version does not know.`)
  }
  return head
}

function describeMissing(head: ArchiveHead): { field: string; value: string | null }[] {
  const secrets = head.secrets.map((field) => ({ field, value: null }))
  // An address is only ever stored together with its key.
  const { model_base_url: address } = head.tenant
  return address ? [...secrets, { field: 'model_base_url', value: address }] : secrets
}

async function makeClosedTenant(
  parts: TenantsParts,
  head: ArchiveHead,
  id: string,
  actor: AuditActor,
): Promise<TenantRecord> {
  // Its prompt comes with its versions.
  const { model_base_url: _, system_prompt: __, ...settings } = head.tenant
  return parts.core.write(async (database) => {
    const made = await createTenant(parts, database, { ...settings, id }, actor)
    return (await updateTenant(database, made.id, { state: 'provisioning' })) ?? made
  })
}

async function importRows(
  parts: TenantsParts,
  source: { tenant: TenantRecord; head: ArchiveHead; lines: AsyncGenerator<string> },
): Promise<Record<string, TableSum>> {
  let batch: { table: ArchivedTableName; rows: string[]; bytes: number } | undefined
  const flush = async (): Promise<void> => {
    if (batch) await insertBatch(parts, source.tenant, { ...batch, columns: source.head.columns[batch.table] ?? [] })
    batch = undefined
  }
  for (;;) {
    const next = await source.lines.next()
    if (next.done) throw refuse('It was cut off: export it again, or send it again.')
    const found = readRow(next.value)
    if (!found) {
      const end = readLine(archiveEnd, next.value)
      if (!end) throw refuse('One of its lines cannot be read.')
      await flush()
      return end.tables
    }
    if (
      batch &&
      (batch.table !== found.table || batch.rows.length >= rowsPerBatchMax || batch.bytes > bytesPerBatchMax)
    )
      await flush()
    batch ??= { table: found.table, rows: [], bytes: 0 }
    batch.rows.push(found.row)
    batch.bytes += found.row.length
  }
}

async function insertBatch(
  parts: TenantsParts,
  tenant: TenantRecord,
  batch: { table: ArchivedTableName; rows: string[]; columns: string[] },
): Promise<void> {
  const inserted = { ...batch, tenantId: tenant.id }
  try {
    if (storeOfTable(batch.table) === 'core') {
      await parts.core.write((database) => insertArchivedRows(database, inserted))
      return
    }
    const known = batch.table === 'tenant_users' ? await findUsersByIds(parts.core.db, readIds(batch.rows)) : []
    await parts.databases.scopeOf(tenant).write(async (database) => {
      await insertArchivedRows(database, inserted)
      await linkKnownUsers(database, tenant.id, known)
    })
  } catch (error) {
    if (isDataError(error)) throw refuse(`A row of ${batch.table} does not fit.`, error)
    throw error
  }
}

function readIds(rows: string[]): UserId[] {
  return rows.flatMap((row) => {
    const parsed: unknown = JSON.parse(row)
    const id: unknown = typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, 'id') : undefined
    return (typeof id === 'string' && parseUserId(id)) || []
  })
}

/** PostgreSQL's classes 22 and 23: data that no column takes, or that breaks a constraint. */
function isDataError(error: unknown): boolean {
  const causes = [error, error instanceof Error ? error.cause : undefined]
  return causes.some((cause) => cause instanceof Error && 'code' in cause && /^2[23]/.test(String(cause.code)))
}

function ensureEqual(expected: Record<string, TableSum>, found: Record<string, TableSum>): void {
  const names = new Set([...Object.keys(expected), ...Object.keys(found)])
  const different = [...names].filter(
    (name) => expected[name]?.rows !== found[name]?.rows || expected[name]?.sha256 !== found[name]?.sha256,
  )
  if (different.length > 0) throw refuse(`What arrived is not what was exported: ${different.join(', ')}.`)
}

function openTenant(
  parts: TenantsParts,
  imported: { made: TenantRecord; head: ArchiveHead; tables: Record<string, TableSum> },
  actor: AuditActor,
): Promise<TenantRecord> {
  const { made, head, tables } = imported
  return parts.core.write(async (database) => {
    const open = await updateTenant(database, made.id, { state: 'active', systemPrompt: head.tenant.system_prompt })
    if (!open) throw refuse('The tenant was removed while it was imported.')
    await insertAudit(database, actor, {
      action: 'tenant.imported',
      targetType: 'tenant',
      targetId: made.id,
      tenantId: made.id,
      after: { exported_at: head.exported_at, exported_id: head.tenant.id, ...countRows(tables) },
    })
    return open
  })
}

/** Documents that were being read when the tenant was exported are read here. */
async function goOnWithDocuments(parts: TenantsParts, tenant: TenantRecord): Promise<void> {
  const unfinished = await parts.databases.scopeOf(tenant).read((database) => listUnfinishedIds(database, tenant.id))
  for (const { id } of unfinished) await enqueueIngestion(parts.core, { tenantId: tenant.id, id })
}

/** Nobody could enter it yet, so removing it loses nothing but what the archive still has. */
async function removeImported(parts: TenantsParts, made: TenantRecord, actor: AuditActor): Promise<void> {
  await parts.databases.scopeOf(made).write((database) => deleteTenantRows(database, made.id))
  await parts.core.write(async (database) => {
    await deleteUsageOfTenant(database, made.id)
    await deleteTenant(database, made.id)
    await insertAudit(database, actor, {
      action: 'tenant.imported',
      targetType: 'tenant',
      targetId: made.id,
      tenantId: made.id,
      outcome: 'failed',
    })
  })
}

function readLine<S extends TSchema>(schema: S, line: string): Static<S> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return Value.Check(schema, value) ? value : undefined
  } catch {
    return undefined
  }
}

function refuse(detail: string, cause?: unknown): Error {
  return archiveInvalid({ detail, cause })
}
