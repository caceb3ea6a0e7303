import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip, type Gzip } from 'node:zlib'
import { type AuditActor, insertAudit } from '../../data/audit.data.ts'
import type { Database } from '../../data/postgres.ts'
import {
  archivedTableNames,
  type ArchivedTableName,
  columnsOfTable,
  readArchivedRows,
  storeOfTable,
} from '../../data/tenant-archive.data.ts'
import type { TenantRecord } from '../../data/tenants.data.ts'
import { serverBusy } from '../../platform/errors.ts'
import { type ArchiveHead, archiveVersion, type TableSum, writeRow } from './archive-format.ts'
import { describeTenant } from './tenant-view.ts'
import type { TenantsParts } from './tenants.usecases.ts'

/** A finished archive, in bytes. Nobody can open its file any more, and it goes with the last who reads it. */
export interface ExportedTenant {
  fileName: string
  bytes: number
  file: Readable
}

const exportsAtOnceMax = 2
let exporting = 0

/**
 * Writes everything of a tenant into one archive: settings, users, conversations, knowledge, prompts and usage, but no
 * secret. The tenant store is read as of one moment, core as of one just after it, so no message is without its usage.
 * It goes to a temporary file first: a slow reader holds no transaction. Throws `server.busy` while others export.
 */
export async function exportTenant(
  parts: TenantsParts,
  tenant: TenantRecord,
  actor: AuditActor,
): Promise<ExportedTenant> {
  if (exporting >= exportsAtOnceMax) {
    throw serverBusy({
      detail: 'Other exports are being written. Try again in a moment.',
      headers: { 'retry-after': '10' },
    })
  }
  exporting += 1
  const path = join(tmpdir(), `tenantry-export-${randomUUID()}`)
  try {
    const tables = await writeArchive(parts, tenant, path)
    await insertAudit(parts.core.db, actor, {
      action: 'tenant.exported',
      targetType: 'tenant',
      targetId: tenant.id,
      tenantId: tenant.id,
      after: countRows(tables),
    })
    const day = parts.clock.now().toISOString().slice(0, 10)
    const handle = await open(path)
    const { size } = await handle.stat()
    return { fileName: `${tenant.id}-${day}.tenantry.jsonl.gz`, bytes: size, file: handle.createReadStream() }
  } finally {
    // An open file stays readable without its name, and no crash leaves it behind.
    await rm(path, { force: true })
    exporting -= 1
  }
}

/** How many rows each table has and their hashes, as an archive of the tenant would have them now. */
export function sumTenant(parts: TenantsParts, tenant: TenantRecord): Promise<Record<string, TableSum>> {
  return readTenant(parts, tenant, () => Promise.resolve())
}

/** Only how many rows, for the audit log. */
export function countRows(tables: Record<string, TableSum>): Record<string, number> {
  return Object.fromEntries(Object.entries(tables).map(([name, { rows }]) => [name, rows]))
}

async function writeArchive(
  parts: TenantsParts,
  tenant: TenantRecord,
  path: string,
): Promise<Record<string, TableSum>> {
  const gzip = createGzip()
  const written = pipeline(gzip, createWriteStream(path))
  const write = (lines: string): Promise<void> => writeTo(gzip, lines)
  try {
    await write(`${JSON.stringify(describeHead(parts, tenant))}\n`)
    const tables = await readTenant(parts, tenant, (table, rows) =>
      write(rows.map((row) => writeRow(table, row)).join('')),
    )
    await write(`${JSON.stringify({ end: true, tables })}\n`)
    gzip.end()
    await written
    return tables
  } catch (error) {
    gzip.destroy()
    await written.catch(() => undefined)
    throw error
  }
}

async function readTenant(
  parts: TenantsParts,
  tenant: TenantRecord,
  onRows: (table: ArchivedTableName, rows: string[]) => Promise<void>,
): Promise<Record<string, TableSum>> {
  const sums: Record<string, TableSum> = {}
  const readTables = async (database: Database, store: 'tenant' | 'core'): Promise<void> => {
    for (const table of archivedTableNames.filter((name) => storeOfTable(name) === store)) {
      const hash = createHash('sha256')
      let count = 0
      for await (const rows of readArchivedRows(database, { tenantId: tenant.id, table })) {
        count += rows.length
        for (const row of rows) hash.update(row).update('\n')
        await onRows(table, rows)
      }
      sums[table] = { rows: count, sha256: hash.digest('hex') }
    }
  }
  await parts.databases.scopeOf(tenant).snapshot((database) => readTables(database, 'tenant'))
  await parts.core.snapshot((database) => readTables(database, 'core'))
  return sums
}

function describeHead(parts: TenantsParts, tenant: TenantRecord): ArchiveHead {
  const view = describeTenant(tenant)
  return {
    kind: 'tenantry.tenant',
    version: archiveVersion,
    exported_at: parts.clock.now().toISOString(),
    tenant: {
      id: view.id,
      name: view.name,
      is_active: view.is_active,
      registration: view.registration,
      system_prompt: view.system_prompt,
      retrieval: view.retrieval,
      retrieval_top_k: view.retrieval_top_k,
      retrieval_score_min: view.retrieval_score_min,
      retrieval_weights: view.retrieval_weights,
      retrieval_filter: view.retrieval_filter,
      pinecone_environment: view.pinecone_environment,
      pinecone_index: view.pinecone_index,
      pinecone_namespace: view.pinecone_namespace,
      pinecone_text_field: view.pinecone_text_field,
      embedding_model: view.embedding_model,
      model_provider: view.model_provider,
      model: view.model,
      model_base_url: view.model_base_url,
      max_output_tokens: view.max_output_tokens,
    },
    secrets: (['model_api_key', 'pinecone_api_key'] as const).filter((name) => view[name].set),
    columns: Object.fromEntries(archivedTableNames.map((name) => [name, columnsOfTable(name)])),
  }
}

async function writeTo(gzip: Gzip, text: string): Promise<void> {
  if (!gzip.write(text)) await once(gzip, 'drain')
}
