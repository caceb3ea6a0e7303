import type { Api } from '../../api/client.ts'
import { readFileName } from '../../lib/save-file.ts'

/** How much of an archive has arrived, in bytes; `total` while it is not written yet is undefined. */
export interface ArchiveProgress {
  received: number
  total: number | undefined
}

/**
 * Fetches everything of a tenant as one file. The browser keeps what arrives, on disk when it is large; the token goes
 * in a header, so that no address opens it. Rejects with an `ApiProblem`, or with the signal's reason.
 */
export async function fetchArchive(options: {
  api: Api
  tenantId: string
  signal: AbortSignal
  onProgress: (progress: ArchiveProgress) => void
}): Promise<{ name: string; content: Blob }> {
  const { api, tenantId, signal, onProgress } = options
  const response = await api.send(`/admin/tenants/${encodeURIComponent(tenantId)}/export`, { signal })
  const { headers } = response
  const total = Number(headers.get('content-length') ?? 0) || undefined
  let received = 0
  const counter = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      received += chunk.byteLength
      onProgress({ received, total })
      controller.enqueue(chunk)
    },
  })
  const counted = new Response(response.body?.pipeThrough(counter), {
    headers: { 'content-type': headers.get('content-type') ?? 'application/gzip' },
  })
  const content = await counted.blob()
  return { name: readFileName({ headers, fallback: `${tenantId}.tenantry.jsonl.gz` }), content }
}
