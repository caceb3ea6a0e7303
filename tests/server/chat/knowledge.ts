import type postgres from 'postgres'
import type { SearchLanguage } from '../../../server/platform/search-language.ts'

/** Adds a document of one or more passages to a tenant's knowledge by SQL, as a finished upload would leave it. */
export async function addDocument(
  sql: postgres.Sql,
  document: {
    tenant: string
    title: string
    url?: string
    /** Default: English. */
    language?: SearchLanguage
    /** Of each passage. */
    headings?: (string | null)[]
    passages: string[]
  },
): Promise<{ documentId: string; chunkIds: string[] }> {
  const documentId = Bun.randomUUIDv7()
  const chunkIds = document.passages.map(() => Bun.randomUUIDv7())
  await sql`
    insert into tenant.documents (tenant_id, id, title, url, language, indexed_version, chunk_count, text_length)
    values (${document.tenant}, ${documentId}, ${document.title}, ${document.url ?? null},
      ${document.language ?? 'english'}, 1,
      ${document.passages.length}, ${document.passages.join('').length})`
  await sql`
    insert into tenant.document_files (tenant_id, id, document_id, role, position, content)
    values (${document.tenant}, ${Bun.randomUUIDv7()}, ${documentId}, 'text', 0, ${Buffer.from(document.passages.join(''))})`
  let start = 0
  for (const [position, text] of document.passages.entries()) {
    const end = start + text.length
    await sql`
      insert into tenant.chunks (tenant_id, id, document_id, position, heading, text, start_offset, end_offset)
      values (${document.tenant}, ${chunkIds[position] ?? ''}, ${documentId}, ${position},
        ${document.headings?.[position] ?? null}, ${text}, ${start}, ${end})`
    start = end
  }
  return { documentId, chunkIds }
}
