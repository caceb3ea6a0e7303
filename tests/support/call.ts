/** An answer of the server under test. `body` is the parsed JSON, or the text when it is none. */
export interface Reply {
  status: number
  headers: Headers
  body: any // oxlint-disable-line typescript/no-explicit-any -- tests look at whatever came
  text: string
}

/** What a call sends. */
export interface CallOptions {
  token?: string
  tenant?: string
  body?: unknown
  /** Sent as it is, instead of `body`. */
  raw?: string | Uint8Array<ArrayBuffer>
  headers?: Record<string, string>
  signal?: AbortSignal
}

/** Calls `method path` of a server and reads the whole answer. */
export async function call(base: { url: string }, route: string, options: CallOptions = {}): Promise<Reply> {
  const response = await send(base, route, options)
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: parse(text) }
}

/** Calls `method path` of a server; the answer's body is left unread. */
export function send(base: { url: string }, route: string, options: CallOptions = {}): Promise<Response> {
  const [method = 'GET', path = '/'] = route.split(' ')
  const headers: Record<string, string> = { ...options.headers }
  if (options.token) headers.authorization = `Bearer ${options.token}`
  if (options.tenant) headers['x-tenant'] = options.tenant
  if (options.body !== undefined || options.raw !== undefined) headers['content-type'] ??= 'application/json'
  return fetch(base.url + path, {
    method,
    headers,
    body: options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body)),
    signal: options.signal,
    redirect: 'manual',
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** One Server-Sent Event as a client sees it. */
export interface SseEvent {
  id: string | undefined
  event: string
  data: any // oxlint-disable-line typescript/no-explicit-any -- tests look at whatever came
}

/** Reads the events of a stream until it ends. */
export async function readEvents(response: Response): Promise<SseEvent[]> {
  const events: SseEvent[] = []
  for await (const event of iterateEvents(response)) events.push(event)
  return events
}

/** The events of a stream, as they arrive. */
export async function* iterateEvents(response: Response): AsyncGenerator<SseEvent> {
  if (!response.body) return
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of response.body) {
    rest += decoder.decode(chunk, { stream: true })
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      yield parseFrame(rest.slice(0, end))
      rest = rest.slice(end + 2)
    }
  }
}

/** One frame of a stream. */
export function parseFrame(frame: string): SseEvent {
  const field = (name: string): string | undefined =>
    frame
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2)
  return { id: field('id'), event: field('event') ?? 'message', data: JSON.parse(field('data') ?? 'null') }
}
