import { eq, type SQL, sql } from 'drizzle-orm'
import type { TenantId } from '../platform/ids.ts'
import { parseKeywordQuestion } from './keyword-question.ts'
import type { Database } from './postgres.ts'
import { chunks, documents } from './tenant.schema.ts'

/** A passage found by full text. */
export interface FoundChunk {
  chunkId: string
  documentId: string
  title: string
  url: string | null
  /** The headings above it, outermost first. */
  heading: string | null
  text: string
  start: number
  end: number
  score: number
}

/**
 * The best passages of the scope's tenant for a question, by full text, best first. `score` is from 0 to 1: the share of
 * the question that a passage covers, rare words, titles and headings weighing more.
 */
export async function searchChunks(
  database: Database,
  query: { question: string; passagesMax: number },
): Promise<FoundChunk[]> {
  const { words, phrases, starred, typed } = parseKeywordQuestion(query.question)
  const rows = await database.execute<ChunkRow>(sql`
    select * from tenant.search_chunks(${words}, ${textsOf(phrases)}, ${textsOf(starred)}, ${typed}, ${query.passagesMax})`)
  return rows.map(readRow)
}

/** Those of the given passages that the scope's tenant has, in no order; `score` is 0. */
export async function findChunks(database: Database, ids: readonly string[]): Promise<FoundChunk[]> {
  const own = ids.filter((id) => uuid.test(id))
  if (own.length === 0) return []
  const rows = await database.execute<ChunkRow>(sql`
    select c.id as chunk_id, c.document_id, c.title, d.url, c.heading, c.text, c.start_offset, c.end_offset, 0 as score
    from ${chunks} c join ${documents} d on d.tenant_id = c.tenant_id and d.id = c.document_id
    where c.tenant_id = tenant.current_id() and c.id = any(${`{${own.join(',')}}`}::uuid[])`)
  return rows.map(readRow)
}

type ChunkRow = {
  chunk_id: string
  document_id: string
  title: string
  url: string | null
  heading: string | null
  text: string
  start_offset: number
  end_offset: number
  score: number
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function readRow(row: ChunkRow): FoundChunk {
  return {
    chunkId: row.chunk_id,
    documentId: row.document_id,
    title: row.title,
    url: row.url,
    heading: row.heading,
    text: row.text,
    start: row.start_offset,
    end: row.end_offset,
    score: row.score,
  }
}

function textsOf(texts: string[]): SQL {
  return sql`array(select jsonb_array_elements_text(${JSON.stringify(texts)}::text::jsonb))`
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
