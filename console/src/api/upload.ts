import type { Send } from './send.ts'

/** A file, or a form with files, on its way to the server. */
export interface UploadCall {
  path: `/${string}`
  method?: 'POST' | 'PUT'
  file: Blob | FormData
  /** Its kind: `application/gzip`; a form tells its own. */
  contentType?: string
  /** How much has been sent, 0 to 1. */
  onProgress: (share: number) => void
  signal: AbortSignal
}

/**
 * A `Send` for one file that tells how much of it has been sent, which `fetch` does not. By XMLHttpRequest; the body is
 * what the call holds, whatever `init` says.
 */
export function createUploadSend(call: Pick<UploadCall, 'file' | 'method' | 'onProgress'>): Send {
  return (input, init) => {
    const { promise, resolve, reject } = Promise.withResolvers<Response>()
    const signal = init?.signal ?? undefined
    const request = new XMLHttpRequest()
    request.open(call.method ?? 'POST', input instanceof Request ? input.url : input)
    for (const [name, value] of new Headers(init?.headers)) request.setRequestHeader(name, value)
    request.upload.addEventListener('progress', ({ loaded, total }) =>
      call.onProgress(total === 0 ? 1 : loaded / total),
    )
    request.addEventListener('load', () => resolve(readResponse(request)))
    request.addEventListener('error', () => reject(new TypeError('The server did not answer.')))
    request.addEventListener('abort', () => reject(signal?.reason))
    if (signal?.aborted) {
      reject(signal.reason)
      return promise
    }
    signal?.addEventListener('abort', () => request.abort(), { once: true })
    request.send(call.file)
    return promise
  }
}

function readResponse(request: XMLHttpRequest): Response {
  const headers = new Headers()
  for (const line of request.getAllResponseHeaders().trim().split('\r\n')) {
    const at = line.indexOf(':')
    if (at > 0) headers.append(line.slice(0, at), line.slice(at + 1).trim())
  }
  return new Response(request.responseText, { status: request.status, headers })
}
