import { eq, sql } from 'drizzle-orm'
import type { TenantId } from '../platform/ids.ts'
import type { Database } from './postgres.ts'
import { documents } from './tenant.schema.ts'

/** A passage found by full text. */
export interface FoundChunk {
  chunkId: string
  documentId: string
  title: string
  url: string | null
  text: string
  start: number
  end: number
  score: number
}

/** The best passages of the scope's tenant for a question, by full text; any of its words may match. */
export async function searchChunks(database: Database, query: string, chunksMax: number): Promise<FoundChunk[]> {
  const rows = await database.execute<{
    chunk_id: string
    document_id: string
    title: string
    url: string | null
    text: string
    start_offset: number
    end_offset: number
    score: number
  }>(sql`select * from tenant.search_chunks(${query}, ${chunksMax})`)
  return rows.map((row) => ({
    chunkId: row.chunk_id,
    documentId: row.document_id,
    title: row.title,
    url: row.url,
    text: row.text,
    start: row.start_offset,
    end: row.end_offset,
    score: row.score,
  }))
}

/** Whether the tenant has any document. */
export async function hasDocuments(database: Database, tenantId: TenantId): Promise<boolean> {
  const rows = await database
    .select({ id: documents.id })
    .from(documents)
    .where(eq(documents.tenantId, tenantId))
    .limit(1)
  return rows.length > 0
}
