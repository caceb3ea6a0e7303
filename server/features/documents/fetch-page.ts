import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { ReceivedFile } from '../../http/uploads.ts'
import { claimedKind } from '../../knowledge/document-kinds.ts'
import { readCapped } from '../../platform/egress-body.ts'
import { type Egress, redirectRefused } from '../../platform/egress.ts'
import { pageFailed } from './documents.errors.ts'

const timeoutMs = 20_000

/**
 * Fetches a page or file by the guarded fetch (guarantee C1) to the disk: 20 s, and no redirect, as it could lead
 * anywhere. Throws `egress.*`, or `document.page_failed` 502 when the address answers with an error.
 */
export async function fetchPage(
  egress: Egress,
  wanted: { url: string; directory: string; bytesMax: number; signal: AbortSignal },
): Promise<ReceivedFile> {
  egress.checkUrl(wanted.url, 'url')
  const signal = AbortSignal.any([wanted.signal, AbortSignal.timeout(timeoutMs)])
  const response = await request(egress, wanted.url, signal)
  if (!response.ok) {
    response.body?.cancel().catch(() => undefined)
    throw pageFailed({ detail: `The address answers with status ${response.status}. Check it in a browser.` })
  }
  const content = await readCapped(response, { bytesMax: wanted.bytesMax, timeoutMs, signal })
  const path = join(wanted.directory, 'page')
  await Bun.write(path, content)
  const mediaType = response.headers.get('content-type') ?? ''
  return {
    name: nameOf(wanted.url, mediaType),
    mediaType,
    path,
    bytes: content.byteLength,
    sha256: createHash('sha256').update(content).digest('hex'),
  }
}

async function request(egress: Egress, url: string, signal: AbortSignal): Promise<Response> {
  try {
    return await egress.fetch(url, { signal, headers: { accept: 'text/html, application/pdf, text/*;q=0.9' } })
  } catch (error) {
    if (redirectRefused.is(error)) {
      throw pageFailed({ detail: 'The address leads on to another one. Open it in a browser and enter where it ends.' })
    }
    if (signal.aborted && !(error instanceof Error && error.name === 'AbortError')) {
      throw pageFailed({ detail: 'The address did not answer in time.', cause: error })
    }
    throw error
  }
}

/** A page has no ending in its name as a rule: what the server says decides then. */
function nameOf(url: string, mediaType: string): string {
  const { pathname, hostname } = new URL(url)
  const last = decode(pathname.split('/').findLast((part) => part !== '') ?? hostname)
  if (claimedKind({ name: last })) return last
  const kind = claimedKind({ mediaType })
  const extensions = { text: 'txt', markdown: 'md', html: 'html', pdf: 'pdf', docx: 'docx' } as const
  return kind ? `${last}.${extensions[kind]}` : last
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text).replaceAll('/', ' ')
  } catch {
    return text
  }
}
