import { Elysia } from 'elysia'
import { isForm } from './uploads.ts'
import { requestTooLarge } from './problem-details.ts'

/** The largest body of a JSON route, in bytes. */
const bodyBytesMax = 2 * 1024 * 1024

/** Sign-in takes a few short fields and anybody may call it, so parsing costs must stay small. */
const signInBytesMax = 64 * 1024

/** Refuses a request that says itself that its body is too large; throws `request.too_large` 413. */
export function ensureBodyFits(request: Request): void {
  const length = Number(request.headers.get('content-length') ?? 0)
  if (length === 0) return
  if (length > bytesMaxOf(request)) throw tooLarge(bytesMaxOf(request))
}

/** An archive is read as it arrives, so only the disk bounds it; this keeps a mistake from filling that. */
const archiveBytesMax = 16 * 1024 * 1024 * 1024

/** Files go to the disk as they arrive, each bounded by its route. */
const uploadBytesMax = 512 * 1024 * 1024

function bytesMaxOf(request: Request): number {
  const { pathname } = new URL(request.url)
  if (isUpload(request)) return uploadBytesMax
  if (isArchive(pathname)) return archiveBytesMax
  return pathname.startsWith('/auth/') ? signInBytesMax : bodyBytesMax
}

function isArchive(pathname: string): boolean {
  return /^\/admin\/tenants\/import\/?$/.test(pathname)
}

/** A form of files; the route reads it, piece by piece. */
function isUpload(request: Request): boolean {
  const { pathname } = new URL(request.url)
  return /^\/admin\/tenants\/[^/]+\/documents(\/[^/]+)?\/?$/.test(pathname) && isForm(request)
}

/** A request's body as text, within the bounds of its route: a chunked body does not tell its size before. */
export async function readBodyText(request: Request): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  const bytesMax = bytesMaxOf(request)
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > bytesMax) throw tooLarge(bytesMax)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** Reads chunked bodies within bounds, whatever they are; all others are left to the usual parsers: their size is known. */
export function boundedBodies() {
  return new Elysia({ name: 'bounded-bodies' }).onParse({ as: 'global' }, async ({ request }, contentType) => {
    // Left in the request for its route, which reads it piece by piece.
    if (isArchive(new URL(request.url).pathname) || isUpload(request)) return null
    if (request.headers.has('content-length')) return undefined
    const text = await readBodyText(request)
    if (contentType === 'application/json') return JSON.parse(text)
    return contentType === 'application/x-www-form-urlencoded' ? Object.fromEntries(new URLSearchParams(text)) : text
  })
}

function tooLarge(bytesMax: number): Error {
  return requestTooLarge({ detail: `A body may have at most ${bytesMax} bytes here.` })
}
