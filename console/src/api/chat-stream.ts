import { readEventStream } from '../lib/event-stream.ts'
import { ApiProblem, readProblem, toProblem } from './problem.ts'
import type { Send } from './send.ts'

/** A passage an answer may cite, as the wire contract has it. */
export interface Source {
  n: number
  document_id: string | null
  chunk_id: string | null
  title: string | null
  url: string | null
  excerpt: string
  start: number | null
  end: number | null
  score: number | null
}

/** What an answer took. */
export interface StreamUsage {
  model: string
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
  /** Null when no price is known. */
  cost_micro_usd: number | null
  usage_source: string
}

/** The events of an answer, in their order on the wire; pings are left out. */
export type ChatEvent =
  | { event: 'start'; data: { stream_id: string; session_id: string | null; message_id: string | null } }
  | {
      event: 'sources'
      data: { sources: Source[]; mode: string; degraded: { from: string; to: string; code: string } | null }
    }
  | { event: 'delta'; data: { text: string } }
  | { event: 'usage'; data: StreamUsage }
  | { event: 'done'; data: { finish_reason: string; message_id: string | null; cited: number[] } }

/** Where an answer is asked for. */
export interface ChatStreamPlace {
  /** `/chat/stream` or `/admin/tenants/{id}/preview`. */
  path: `/${string}`
  /** For a tenant's own routes. */
  tenantId?: string
}

/** What to stream: a new question, or an answer that was asked for before, from its beginning. */
export type ChatStreamCall = ChatStreamPlace & { signal: AbortSignal } & (
    | { body: Record<string, unknown>; streamId?: undefined }
    | { streamId: string; body?: undefined }
  )

const eventNames = ['start', 'sources', 'delta', 'usage', 'done'] as const
/** A network that comes and goes: about 40 s altogether, as the server lets an answer go on for a minute. */
const pausesMs = [200, 400, 800, 1_500, 3_000, 5_000, 5_000, 5_000, 5_000, 5_000, 5_000, 5_000]

/**
 * Streams an answer. A connection that is lost midway is taken up again behind the last event, unnoticed. Rejects with
 * an `ApiProblem`: why it was refused, what the `error` event said, or `network.unreachable` when it stayed cut. Aborting
 * rejects with the signal's reason, and does not end the answer on the server: `stopChatStream` does.
 */
export async function* openChatStream(
  call: ChatStreamCall & { origin: string; send: Send },
): AsyncGenerator<ChatEvent> {
  const progress: Progress = { streamId: call.streamId, lastId: 0, isOver: false }
  for (let losses = 0; ; losses += 1) {
    const before = progress.lastId
    try {
      yield* readOnce(call, progress)
      return
    } catch (thrown) {
      if (call.signal.aborted) throw call.signal.reason
      const problem = thrown instanceof ApiProblem ? thrown : toProblem(thrown)
      if (progress.lastId > before) losses = 0
      const pauseMs = pausesMs[losses]
      const mayPass = !progress.isOver && (problem.status === 0 || problem.status >= 500)
      if (progress.streamId === undefined || !mayPass || pauseMs === undefined) throw problem
      await pause(pauseMs, call.signal)
    }
  }
}

/** Ends an answer on the server: what came is kept, and its readers are told the end. Also while a page is left. */
export async function stopChatStream(
  call: ChatStreamPlace & { streamId: string; origin: string; send: Send },
): Promise<void> {
  await call.send(new URL(`${pathOfStream(call, call.streamId)}/stop`, call.origin), {
    method: 'POST',
    headers: headersFor(call),
    keepalive: true,
  })
}

interface Progress {
  /** Known once the answer has begun. */
  streamId: string | undefined
  lastId: number
  /** The server has told the answer's end, or that it knows nothing of it. */
  isOver: boolean
}

async function* readOnce(
  call: ChatStreamCall & { origin: string; send: Send },
  progress: Progress,
): AsyncGenerator<ChatEvent> {
  const response = await request(call, progress)
  if (!response.body || response.status === 204) {
    progress.isOver = true
    throw new Error('The answer is gone.')
  }
  for await (const { event, data, id } of readEventStream(response.body)) {
    if (event === 'error') {
      progress.isOver = true
      throw await readProblem(new Response(data, { status: readStatus(data) }))
    }
    const name = eventNames.find((candidate) => candidate === event)
    if (name === undefined) continue
    progress.lastId = Number(id ?? progress.lastId)
    // The server is of this very build, and the wire contract fixes the shape of each event.
    const chatEvent: ChatEvent = { event: name, data: JSON.parse(data) }
    if (chatEvent.event === 'start') progress.streamId = chatEvent.data.stream_id
    yield chatEvent
    if (name === 'done') return
  }
  throw new Error('The stream was cut.')
}

function request(
  call: ChatStreamCall & { origin: string; send: Send },
  { streamId, lastId }: Progress,
): Promise<Response> {
  const { signal, origin } = call
  const headers = { ...headersFor(call), accept: 'text/event-stream' }
  if (streamId !== undefined) {
    const resuming = { ...headers, 'last-event-id': String(lastId) }
    return call.send(new URL(pathOfStream(call, streamId), origin), { headers: resuming, signal })
  }
  return call.send(new URL(call.path, origin), {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ ...call.body, resumable: true }),
    signal,
  })
}

function headersFor({ tenantId }: ChatStreamPlace): Record<string, string> {
  return tenantId === undefined ? {} : { 'x-tenant': tenantId }
}

function pathOfStream({ path }: ChatStreamPlace, streamId: string): string {
  return `${path === '/chat/stream' ? '/chat/streams' : path}/${encodeURIComponent(streamId)}`
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

function readStatus(data: string): number {
  const problem: unknown = JSON.parse(data)
  const status = typeof problem === 'object' && problem !== null && 'status' in problem ? problem.status : 502
  return typeof status === 'number' && status >= 400 && status <= 599 ? status : 502
}
