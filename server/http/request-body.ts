import { Elysia } from 'elysia'
import { requestTooLarge } from './problem-details.ts'

/** The largest body of a JSON route, in bytes. */
export const bodyBytesMax = 2 * 1024 * 1024

/** Refuses a request that says itself that its body is too large; throws `request.too_large` 413. */
export function ensureBodyFits(request: Request): void {
  const length = Number(request.headers.get('content-length') ?? 0)
  if (length > bodyBytesMax) throw tooLarge()
}

/** A request's body as text, at most `bodyBytesMax` of it: a chunked body does not tell its size before. */
export async function readBodyText(request: Request): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > bodyBytesMax) throw tooLarge()
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** Reads chunked bodies within bounds, whatever they are; all others are left to the usual parsers: their size is known. */
export function boundedBodies() {
  return new Elysia({ name: 'bounded-bodies' }).onParse({ as: 'global' }, async ({ request }, contentType) => {
    if (request.headers.has('content-length')) return undefined
    const text = await readBodyText(request)
    if (contentType === 'application/json') return JSON.parse(text)
    return contentType === 'application/x-www-form-urlencoded' ? Object.fromEntries(new URLSearchParams(text)) : text
  })
}

function tooLarge(): Error {
  return requestTooLarge({ detail: `A body may have at most ${bodyBytesMax} bytes.` })
}
