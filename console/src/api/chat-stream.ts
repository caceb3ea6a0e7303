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

/** What to stream. */
export interface ChatStreamCall {
  /** `/chat/stream` or `/admin/tenants/{id}/preview`. */
  path: `/${string}`
  body: Record<string, unknown>
  signal: AbortSignal
  /** For a tenant's own routes. */
  tenantId?: string
}

const eventNames = ['start', 'sources', 'delta', 'usage', 'done'] as const

/**
 * Streams an answer. Rejects with an `ApiProblem`: why it was refused, what the `error` event said, or
 * `network.unreachable` when it was cut before `done`. Aborting rejects with the signal's reason.
 */
export async function* openChatStream(
  call: ChatStreamCall & { origin: string; send: Send },
): AsyncGenerator<ChatEvent> {
  try {
    const response = await call.send(new URL(call.path, call.origin), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        ...(call.tenantId === undefined ? {} : { 'x-tenant': call.tenantId }),
      },
      body: JSON.stringify(call.body),
      signal: call.signal,
    })
    if (!response.body) throw new Error('The answer has no body.')
    for await (const { event, data } of readEventStream(response.body)) {
      if (event === 'error') throw await readProblem(new Response(data, { status: readStatus(data) }))
      const name = eventNames.find((candidate) => candidate === event)
      if (name === undefined) continue
      // The server is of this very build, and the wire contract fixes the shape of each event.
      yield { event: name, data: JSON.parse(data) }
      if (name === 'done') return
    }
    throw new Error('The stream was cut.')
  } catch (thrown) {
    if (call.signal.aborted) throw call.signal.reason
    if (thrown instanceof ApiProblem) throw thrown
    throw toProblem(thrown)
  }
}

function readStatus(data: string): number {
  const problem: unknown = JSON.parse(data)
  const status = typeof problem === 'object' && problem !== null && 'status' in problem ? problem.status : 502
  return typeof status === 'number' && status >= 400 && status <= 599 ? status : 502
}
