import { promisify } from 'node:util'
import { brotliDecompress, unzip } from 'node:zlib'
import type { Egress } from './egress.ts'
import { defineError } from './errors.ts'

/** 502: the answer is larger than this call may read; `extensions.reason` is `too_large`. */
export const bodyTooLarge = defineError({
  code: 'egress.body_too_large',
  status: 502,
  title: 'The other service sent more than can be read',
})

/** 504: the answer was not complete in time; `extensions.reason` is `timeout`. */
export const bodyTimeout = defineError({
  code: 'egress.timeout',
  status: 504,
  title: 'The other service did not answer in time',
})

/** 502: the answer is compressed in a way that was not asked for and cannot be read; `extensions.reason` is `encoding`. */
export const bodyUnreadable = defineError({
  code: 'egress.body_unreadable',
  status: 502,
  title: 'The answer of the other service cannot be read',
})

/** Bounds of one read. */
export interface ReadLimits {
  /** Of the body both as sent and as unpacked. */
  bytesMax: number
  timeoutMs: number
  signal?: AbortSignal
}

const unzipBounded = promisify(unzip)
const brotliBounded = promisify(brotliDecompress)

/**
 * Reads a whole body of at most `bytesMax` bytes within `timeoutMs` and unpacks gzip, deflate and br into at most
 * `bytesMax` bytes (guarantee C5). Throws `egress.body_too_large`, `egress.timeout`, `egress.body_unreadable`, or the
 * signal's reason; the connection is closed then.
 */
export async function readCapped(response: Response, limits: ReadLimits): Promise<Uint8Array<ArrayBuffer>> {
  const { bytesMax, timeoutMs, signal } = limits
  const declared = Number(response.headers.get('content-length') ?? 0)
  if (declared > bytesMax) {
    response.body?.cancel().catch(() => undefined)
    throw bodyTooLarge({ extensions: { reason: 'too_large' } })
  }
  if (!response.body) return new Uint8Array(0)
  const reader: Reader = response.body.getReader()
  let stop: (reason: unknown) => void = () => undefined
  const stopped = new Promise<never>((_, reject) => {
    stop = reject
  })
  const timer = setTimeout(() => stop(bodyTimeout({ extensions: { reason: 'timeout' } })), timeoutMs)
  const onAbort = (): void => stop(signal?.reason)
  if (signal?.aborted) onAbort()
  else signal?.addEventListener('abort', onAbort, { once: true })
  try {
    const packed = await Promise.race([readAll(reader, bytesMax), stopped])
    return await unpack(packed, response.headers.get('content-encoding'), bytesMax)
  } catch (error) {
    // Rejects when the connection is already gone; unhandled, that would end the process.
    reader.cancel().catch(() => undefined)
    throw error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}

/**
 * A `fetch` for SDKs: at most `bytesMax` bytes, `totalTimeoutMs` from the call to the last byte, the caller's signal
 * kept. The returned Response is a fresh one of the buffered bytes, without content-encoding and content-length.
 */
export function cappedFetch(
  egress: Egress,
  options: { bytesMax: number; totalTimeoutMs: number; trusted?: boolean; signal?: AbortSignal },
): (input: string | URL | Request, init?: RequestInit) => Promise<Response> {
  const { bytesMax, totalTimeoutMs, trusted = false } = options
  return async (input, init = {}) => {
    const controller = new AbortController()
    const timer = setTimeout(() => controller.abort(bodyTimeout({ extensions: { reason: 'timeout' } })), totalTimeoutMs)
    const callers = [init.signal ?? undefined, options.signal].filter((signal) => signal !== undefined)
    const release = callers.map((signal) => forwardAbort(signal, controller))
    try {
      const response = await egress.fetch(input, { ...init, signal: controller.signal, trusted })
      const body = await readCapped(response, { bytesMax, timeoutMs: totalTimeoutMs, signal: controller.signal })
      const headers = new Headers(response.headers)
      for (const name of ['content-encoding', 'content-length', 'transfer-encoding']) headers.delete(name)
      const bodiless = response.status === 204 || response.status === 205
      return new Response(bodiless ? null : body, { status: response.status, headers })
    } finally {
      clearTimeout(timer)
      for (const undo of release) undo()
      // Closes the connection when the body was not read to its end; does nothing otherwise.
      controller.abort()
    }
  }
}

interface Reader {
  read(): Promise<{ done: boolean; value?: Uint8Array<ArrayBuffer> }>
  cancel(): Promise<void>
}

function forwardAbort(signal: AbortSignal, controller: AbortController): () => void {
  const onAbort = (): void => controller.abort(signal.reason)
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  return () => signal.removeEventListener('abort', onAbort)
}

async function readAll(reader: Reader, bytesMax: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done || !value) break
    bytes += value.byteLength
    if (bytes > bytesMax) throw bodyTooLarge({ extensions: { reason: 'too_large' } })
    chunks.push(value)
  }
  const [only] = chunks
  return chunks.length === 1 && only ? only : Buffer.concat(chunks)
}

async function unpack(
  bytes: Uint8Array<ArrayBuffer>,
  encoding: string | null,
  bytesMax: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const name = encoding?.trim().toLowerCase() ?? ''
  if (name === '' || name === 'identity' || bytes.byteLength === 0) return bytes
  try {
    if (name === 'gzip' || name === 'x-gzip' || name === 'deflate') {
      return await unzipBounded(bytes, { maxOutputLength: bytesMax })
    }
    if (name === 'br') return await brotliBounded(bytes, { maxOutputLength: bytesMax })
  } catch (error) {
    const tooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    if (tooLarge) throw bodyTooLarge({ cause: error, extensions: { reason: 'too_large' } })
    throw bodyUnreadable({ cause: error, extensions: { reason: 'encoding' } })
  }
  throw bodyUnreadable({ extensions: { reason: 'encoding' } })
}
