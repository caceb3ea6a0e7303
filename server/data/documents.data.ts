import { type SQL, and, asc, eq, ilike, inArray, isNotNull, or, sql } from 'drizzle-orm'
import type { TenantId } from '../platform/ids.ts'
import { containsPattern, cutPage, keysetParts, type Page, type PageQuery } from './page.ts'
import type { Database } from './postgres.ts'
import { type DocumentVectors, chunks, documentFiles, documents } from './tenant.schema.ts'

/** A document of a tenant's knowledge, without its file and text. */
export type DocumentRow = typeof documents.$inferSelect
/** What may be changed of one. */
export type DocumentChanges = Partial<Omit<typeof documents.$inferInsert, 'tenantId' | 'id' | 'createdAt'>>
/** How far a document is. */
export type DocumentStatus = DocumentRow['status']
/** The file as it came, or the text that was read in it. */
export type FileRole = (typeof documentFiles.$inferSelect)['role']

/** Which document of which tenant. */
export interface DocumentKey {
  tenantId: TenantId
  id: string
}

/** A passage to store. */
export type NewChunk = Omit<typeof chunks.$inferInsert, 'isEmbedded'>

const isDocument = ({ tenantId, id }: DocumentKey): SQL | undefined =>
  and(eq(documents.tenantId, tenantId), eq(documents.id, id))

/** Adds a document; undefined when the tenant has the same file already. */
export async function insertDocument(
  database: Database,
  document: typeof documents.$inferInsert,
): Promise<DocumentRow | undefined> {
  const [row] = await database.insert(documents).values(document).onConflictDoNothing().returning()
  return row
}

/** One document. */
export async function findDocument(database: Database, key: DocumentKey): Promise<DocumentRow | undefined> {
  const [row] = await database.select().from(documents).where(isDocument(key))
  return row
}

/** One document, locked against every other change of it until the transaction ends. */
export async function findDocumentForUpdate(database: Database, key: DocumentKey): Promise<DocumentRow | undefined> {
  const [row] = await database.select().from(documents).where(isDocument(key)).for('update')
  return row
}

/** Where the tenant's documents have vectors. */
export async function listDocumentVectors(
  database: Database,
  tenantId: TenantId,
): Promise<{ id: string; vectors: DocumentVectors }[]> {
  const rows = await database
    .select({ id: documents.id, vectors: documents.vectors })
    .from(documents)
    .where(and(eq(documents.tenantId, tenantId), isNotNull(documents.vectors)))
  return rows.flatMap(({ id, vectors }) => (vectors ? [{ id, vectors }] : []))
}

/** The tenant's document that was made from this very file. */
export async function findDocumentOfFile(
  database: Database,
  file: { tenantId: TenantId; sha256: string },
): Promise<DocumentRow | undefined> {
  const [row] = await database
    .select()
    .from(documents)
    .where(and(eq(documents.tenantId, file.tenantId), eq(documents.sha256, file.sha256)))
  return row
}

/** Changes a document; undefined when it is gone. */
export async function updateDocument(
  database: Database,
  key: DocumentKey,
  changes: DocumentChanges,
): Promise<DocumentRow | undefined> {
  const [row] = await database
    .update(documents)
    .set({ ...changes, updatedAt: sql`clock_timestamp()` })
    .where(isDocument(key))
    .returning()
  return row
}

/** Deletes a document with its file, text and passages; undefined when there was none. */
export async function deleteDocument(database: Database, key: DocumentKey): Promise<DocumentRow | undefined> {
  const [row] = await database.delete(documents).where(isDocument(key)).returning()
  return row
}

/** What documents to list. */
export interface DocumentFilters {
  statuses?: readonly DocumentStatus[]
}

/** Lists a tenant's documents; `q` looks into titles, file names and addresses. */
export async function listDocuments(
  database: Database,
  tenantId: TenantId,
  query: PageQuery & DocumentFilters,
): Promise<Page<DocumentRow>> {
  const pattern = query.q ? containsPattern(query.q) : undefined
  const byTitle = query.sort === 'title'
  const keyset = keysetParts(query, {
    value: byTitle ? sql`lower(${documents.title})` : documents.createdAt,
    valueType: byTitle ? 'text' : 'timestamptz',
    id: documents.id,
    idType: 'uuid',
  })
  const rows = await database
    .select({ row: documents, cursorValue: keyset.cursorValue })
    .from(documents)
    .where(
      and(
        eq(documents.tenantId, tenantId),
        query.statuses ? inArray(documents.status, [...query.statuses]) : undefined,
        pattern
          ? or(ilike(documents.title, pattern), ilike(documents.fileName, pattern), ilike(documents.url, pattern))
          : undefined,
        keyset.where,
      ),
    )
    .orderBy(...keyset.orderBy)
    .limit(query.limit + 1)
  const page = cutPage(
    rows.map(({ row, cursorValue }) => ({ row, id: row.id, cursorValue })),
    query.limit,
  )
  return { items: page.items.map(({ row }) => row), nextCursor: page.nextCursor }
}

/** How many documents a tenant has in each state, and their passages and bytes altogether. */
export async function countDocuments(
  database: Database,
  tenantId: TenantId,
): Promise<Record<DocumentStatus, number> & { chunks: number; bytes: number }> {
  const rows = await database.execute<{ status: DocumentStatus; documents: number; chunks: number; bytes: string }>(sql`
    select status, count(*)::int as documents, sum(chunk_count)::int as chunks, sum(bytes)::bigint as bytes
    from ${documents} where tenant_id = ${tenantId} group by status`)
  const counts = { queued: 0, processing: 0, ready: 0, failed: 0, chunks: 0, bytes: 0 }
  for (const row of rows) {
    counts[row.status] = row.documents
    counts.chunks += row.chunks
    counts.bytes += Number(row.bytes)
  }
  return counts
}

/** Documents that somebody has to go on with. */
export function listUnfinishedIds(database: Database, tenantId: TenantId): Promise<{ id: string }[]> {
  return database
    .select({ id: documents.id })
    .from(documents)
    .where(and(eq(documents.tenantId, tenantId), inArray(documents.status, ['queued', 'processing'])))
    .orderBy(asc(documents.createdAt))
}

/** Adds one part of a file. */
export async function insertFilePart(
  database: Database,
  part: DocumentKey & { role: FileRole; position: number; content: Uint8Array },
): Promise<void> {
  const { tenantId, id: documentId, role, position, content } = part
  await database.insert(documentFiles).values({ tenantId, id: Bun.randomUUIDv7(), documentId, role, position, content })
}

/** Deletes a file of a document. */
export async function deleteFile(database: Database, key: DocumentKey & { role: FileRole }): Promise<void> {
  await database.delete(documentFiles).where(isFile(key))
}

/** The part of a file at a position; undefined behind its end. */
export async function findFilePart(
  database: Database,
  part: DocumentKey & { role: FileRole; position: number },
): Promise<Uint8Array | undefined> {
  const [row] = await database
    .select({ content: documentFiles.content })
    .from(documentFiles)
    .where(and(isFile(part), eq(documentFiles.position, part.position)))
  return row?.content
}

function isFile(key: DocumentKey & { role: FileRole }): SQL | undefined {
  return and(
    eq(documentFiles.tenantId, key.tenantId),
    eq(documentFiles.documentId, key.id),
    eq(documentFiles.role, key.role),
  )
}

/** Deletes all passages of a document. */
export async function deleteChunks(database: Database, key: DocumentKey): Promise<void> {
  await database.delete(chunks).where(isChunkOf(key))
}

/** Adds passages; those that are there already stay as they are. */
export async function insertChunks(database: Database, rows: readonly NewChunk[]): Promise<void> {
  if (rows.length === 0) return
  await database
    .insert(chunks)
    .values([...rows])
    .onConflictDoNothing()
}

/** The next passages of a document without a vector, in order. */
export function listUnembedded(
  database: Database,
  key: DocumentKey & { limit: number },
): Promise<(typeof chunks.$inferSelect)[]> {
  return database
    .select()
    .from(chunks)
    .where(and(isChunkOf(key), eq(chunks.isEmbedded, false)))
    .orderBy(asc(chunks.position))
    .limit(key.limit)
}

/** Notes which passages have a vector, or, without ids, that none of the document has. */
export async function markEmbedded(
  database: Database,
  key: DocumentKey,
  marked: { ids?: readonly string[]; isEmbedded: boolean },
): Promise<void> {
  await database
    .update(chunks)
    .set({ isEmbedded: marked.isEmbedded })
    .where(and(isChunkOf(key), marked.ids ? inArray(chunks.id, [...marked.ids]) : undefined))
}

function isChunkOf({ tenantId, id }: DocumentKey): SQL | undefined {
  return and(eq(chunks.tenantId, tenantId), eq(chunks.documentId, id))
}
