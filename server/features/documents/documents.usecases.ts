import type { AuditActor } from '../../data/audit.data.ts'
import type { CoreDatabase } from '../../data/core-database.ts'
import {
  countDocuments,
  deleteDocument,
  deleteFile,
  type DocumentFilters,
  type DocumentKey,
  type DocumentRow,
  findDocument,
  findDocumentForUpdate,
  findDocumentOfFile,
  insertDocument,
  listDocuments,
  updateDocument,
} from '../../data/documents.data.ts'
import type { Page, PageQuery } from '../../data/page.ts'
import { serverErrorOf } from '../../data/postgres.ts'
import { auditStoreWrite } from '../../data/store-audit.ts'
import type { TenantDatabases } from '../../data/tenant-databases.ts'
import type { TenantRecord } from '../../data/tenants.data.ts'
import type { ReceivedFile } from '../../http/uploads.ts'
import { documentDuplicate, documentNotFound, documentNotReady } from '../../knowledge/document-errors.ts'
import { mediaTypes } from '../../knowledge/document-kinds.ts'
import { enqueueForgetting } from '../../knowledge/forgetting.ts'
import { writeAndIngest } from '../../knowledge/ingestion.ts'
import { readStoredFile, readStoredText, storeFile } from '../../knowledge/stored-files.ts'
import type { Egress } from '../../platform/egress.ts'
import { isUuid, newId } from '../../platform/ids.ts'
import { inspectFile } from './inspect-file.ts'

/** What documents stand on. */
export interface DocumentsParts {
  core: CoreDatabase
  databases: TenantDatabases
  egress: Egress
}

/** A file on its way into a tenant's knowledge. */
export interface NewDocument {
  file: ReceivedFile
  source: DocumentRow['source']
  title: string | undefined
  url?: string
}

const titleCharactersMax = 300

/** Lists a tenant's documents; with how many there are in each state, if asked for. */
export function listDocumentsOf(
  parts: DocumentsParts,
  tenant: TenantRecord,
  query: PageQuery & DocumentFilters & { withCounts: boolean },
): Promise<{ page: Page<DocumentRow>; counts: Awaited<ReturnType<typeof countDocuments>> | undefined }> {
  return parts.databases.scopeOf(tenant).read(async (database) => ({
    page: await listDocuments(database, tenant.id, query),
    counts: query.withCounts ? await countDocuments(database, tenant.id) : undefined,
  }))
}

/** One document; throws `document.not_found`. */
export async function getDocument(parts: DocumentsParts, tenant: TenantRecord, id: string): Promise<DocumentRow> {
  const key = keyOf(tenant, id)
  const found = await parts.databases.scopeOf(tenant).read((database) => findDocument(database, key))
  if (!found) throw noDocument()
  return found
}

/**
 * Takes a file into a tenant's knowledge; it is read by a job that is queued before the row is written. Throws
 * `document.unsupported_type`, `document.type_mismatch`, `document.empty`, `document.too_complex`, `document.unreadable`,
 * and `document.duplicate` 409 with the document that has the same content.
 */
export async function addDocument(
  parts: DocumentsParts,
  tenant: TenantRecord,
  added: NewDocument,
  actor: AuditActor,
): Promise<DocumentRow> {
  const { file, source, url } = added
  const kind = await inspectFile(file)
  await ensureNew(parts, tenant, { sha256: file.sha256 })
  const key = { tenantId: tenant.id, id: newId() }
  const entry = describeEntry('document.created', key, { kind, bytes: file.bytes, source })
  const write = async (): Promise<DocumentRow> => {
    const made = await parts.databases.scopeOf(tenant).write(async (database) => {
      const row = await insertDocument(database, {
        ...key,
        kind,
        source,
        url,
        title: added.title ?? titleOf(file.name),
        fileName: source === 'text' ? null : file.name,
        bytes: file.bytes,
        sha256: file.sha256,
        status: 'queued',
      })
      if (row) await storeFile(database, { ...key, role: 'original', content: Bun.file(file.path) })
      return row
    })
    if (made) return made
    // Somebody else sent the same file at the same moment.
    await ensureNew(parts, tenant, { sha256: file.sha256 })
    throw documentDuplicate({ detail: 'The same file was just sent by somebody else.' })
  }
  return auditStoreWrite(parts.core, { actor, entry }, () => writeAndIngest(parts.core, key, write))
}

/** Puts another file in a document's place. What was read in the file before is used until the new one is read. */
export async function replaceDocument(
  parts: DocumentsParts,
  tenant: TenantRecord,
  replaced: { id: string; file: ReceivedFile; title: string | undefined },
  actor: AuditActor,
): Promise<DocumentRow> {
  const { file } = replaced
  const before = await getDocument(parts, tenant, replaced.id)
  const kind = await inspectFile(file)
  await ensureNew(parts, tenant, { sha256: file.sha256, except: before.id })
  const key = { tenantId: tenant.id, id: before.id }
  const entry = describeEntry('document.replaced', key, { kind, bytes: file.bytes })
  const write = (): Promise<DocumentRow> =>
    parts.databases.scopeOf(tenant).write(async (database) => {
      const found = await findDocumentForUpdate(database, key)
      if (!found) throw noDocument()
      await deleteFile(database, { ...key, role: 'original' })
      await storeFile(database, { ...key, role: 'original', content: Bun.file(file.path) })
      const row = await updateDocument(database, key, {
        kind,
        source: 'upload',
        fileName: file.name,
        bytes: file.bytes,
        sha256: file.sha256,
        version: found.version + 1,
        status: 'queued',
        stage: null,
        error: null,
        failures: 0,
        ...(replaced.title === undefined ? {} : { title: replaced.title }),
      })
      return row ?? found
    })
  try {
    return await auditStoreWrite(parts.core, { actor, entry }, () => writeAndIngest(parts.core, key, write))
  } catch (error) {
    // Somebody else sent the same file at the same moment.
    if (serverErrorOf(error)?.code === '23505') await ensureNew(parts, tenant, { sha256: file.sha256, except: key.id })
    throw error
  }
}

/** Goes on with a document that failed, or brings a ready one up to the tenant's present index. Safe to repeat. */
export async function retryDocument(
  parts: DocumentsParts,
  tenant: TenantRecord,
  id: string,
  actor: AuditActor,
): Promise<DocumentRow> {
  const key = keyOf(tenant, (await getDocument(parts, tenant, id)).id)
  const write = async (): Promise<DocumentRow> => {
    const row = await parts.databases
      .scopeOf(tenant)
      .write((database) => updateDocument(database, key, { status: 'queued', stage: null, error: null, failures: 0 }))
    if (!row) throw noDocument()
    return row
  }
  const entry = describeEntry('document.retried', key, {})
  return auditStoreWrite(parts.core, { actor, entry }, () => writeAndIngest(parts.core, key, write))
}

/** Deletes a document with its file, text and passages; its vectors go by a job that is queued before. */
export async function removeDocument(
  parts: DocumentsParts,
  tenant: TenantRecord,
  id: string,
  actor: AuditActor,
): Promise<void> {
  const found = await getDocument(parts, tenant, id)
  const key = keyOf(tenant, found.id)
  const entry = describeEntry('document.deleted', key, { kind: found.kind, bytes: found.bytes })
  await auditStoreWrite(parts.core, { actor, entry }, async () => {
    if (found.vectors) {
      await enqueueForgetting(parts.core, { tenantId: tenant.id, documentId: found.id, vectors: found.vectors })
    }
    const removed = await parts.databases.scopeOf(tenant).write((database) => deleteDocument(database, key))
    if (!removed) throw noDocument()
    // Its first vectors may have been stored meanwhile.
    if (removed.vectors && !found.vectors) {
      await enqueueForgetting(parts.core, { tenantId: tenant.id, documentId: found.id, vectors: removed.vectors })
    }
  })
}

/** What a download sends. */
export interface Download {
  document: DocumentRow
  mediaType: string
  fileName: string
  parts: AsyncGenerator<Uint8Array>
}

/** The file of a document as it came. */
export async function openOriginal(parts: DocumentsParts, tenant: TenantRecord, id: string): Promise<Download> {
  const document = await getDocument(parts, tenant, id)
  const scope = parts.databases.scopeOf(tenant)
  const extension = { text: 'txt', markdown: 'md', html: 'html', pdf: 'pdf', docx: 'docx' }[document.kind]
  return {
    document,
    mediaType: mediaTypes[document.kind],
    fileName: document.fileName ?? `${document.title}.${extension}`,
    parts: readStoredFile(scope, { ...document, role: 'original' }),
  }
}

/** The text of a document, or a stretch of it in UTF-16 code units; throws `document.not_ready` 409 before it was read. */
export async function readText(
  parts: DocumentsParts,
  tenant: TenantRecord,
  wanted: { id: string; from?: number; to?: number },
): Promise<string> {
  const document = await getDocument(parts, tenant, wanted.id)
  const text = await readStoredText(parts.databases.scopeOf(tenant), document)
  if (text === '' && document.status !== 'ready') {
    throw documentNotReady({ detail: document.error?.detail ?? 'Its text will be there in a moment.' })
  }
  return text.slice(wanted.from ?? 0, wanted.to ?? text.length)
}

async function ensureNew(
  parts: DocumentsParts,
  tenant: TenantRecord,
  file: { sha256: string; except?: string },
): Promise<void> {
  const known = await parts.databases
    .scopeOf(tenant)
    .read((database) => findDocumentOfFile(database, { tenantId: tenant.id, sha256: file.sha256 }))
  if (!known || known.id === file.except) return
  throw documentDuplicate({
    detail: `“${known.title}” has the same content.`,
    extensions: { document: { id: known.id, title: known.title, status: known.status } },
  })
}

function titleOf(fileName: string): string {
  const stem = fileName.replace(/\.[a-z0-9]{1,10}$/i, '').trim()
  return (stem || fileName).slice(0, titleCharactersMax).toWellFormed()
}

function keyOf(tenant: TenantRecord, id: string): DocumentKey {
  if (!isUuid(id)) throw noDocument()
  return { tenantId: tenant.id, id }
}

/** No title or name is in the audit log: what a tenant knows is not kept in the core database. */
function describeEntry(action: string, key: DocumentKey, after: Record<string, unknown>) {
  return { action, targetType: 'document', targetId: key.id, tenantId: key.tenantId, after }
}

function noDocument(): Error {
  return documentNotFound({ detail: 'The tenant has no document with this id.' })
}
