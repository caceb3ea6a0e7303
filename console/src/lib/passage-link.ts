import { tenantPath } from './paths.ts'

/**
 * Where a passage stands in its document, for `Link`: `from` and `to` count UTF-16 units of the document's text.
 * Undefined for passages of indexes that others filled.
 */
export function findPassageLink(options: {
  tenantId: string
  source: { document_id: string | null; start: number | null; end: number | null }
}) {
  const { document_id: documentId, start, end } = options.source
  if (documentId === null || start === null || end === null) return undefined
  return {
    to: tenantPath(options.tenantId, `knowledge/${encodeURIComponent(documentId)}`),
    search: { from: String(start), to: String(end) },
  }
}
