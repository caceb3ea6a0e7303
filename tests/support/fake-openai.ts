import {
  describeUsage,
  endlessBody,
  type FakeOpenAiBehaviour,
  gzipBombBytes,
  makeDeltas,
  makeFrames,
  slice,
  timedBody,
  upstreamCanary,
} from './fake-openai-answers.ts'
import { embeddingDimensions, encodeEmbedding, fakeEmbedding } from './fake-embedding.ts'

/** One request the fake saw. */
export interface FakeRequest {
  method: string
  path: string
  headers: Record<string, string>
  body: unknown
  /** The client left before the answer was complete. */
  aborted: boolean
  /** `performance.now()` when it came. */
  cameAtMs: number
  /** `performance.now()` when the answer ended or the client left. */
  closedAtMs: number | undefined
  /** What an answer of the chat tells at its end of its tokens. */
  usage: { prompt_tokens: number; completion_tokens: number } | undefined
}

/** A model server on a free loopback port that behaves as told. */
export interface FakeOpenAi {
  /** With `/v1`, as a base URL. */
  url: string
  requests: FakeRequest[]
  /** Queues a behaviour for one request, or (sticky) sets it for all that have none queued. */
  behave(behaviour: FakeOpenAiBehaviour, options?: { sticky?: boolean }): void
  /** Forgets queued and sticky behaviours and recorded requests. */
  reset(): void
  /** Answers under way. */
  openConnections(): number
  stop(): Promise<void>
}

interface ChatBody {
  model?: string
  stream?: boolean
  stream_options?: { include_usage?: boolean }
  messages?: { role: string; content: string }[]
}

interface EmbeddingsBody {
  model?: string
  input?: string | string[]
  dimensions?: number
  encoding_format?: string
}

const requestsMax = 20_000
const knownModels = ['gpt-4.1-mini', 'gpt-4o-mini', 'deepseek-chat', ...Object.keys(embeddingDimensions)]

/**
 * Starts the fake. With `expectKey` every other key gets 401; `models` are the only models /v1/models lists (any model
 * answers unless `strictModels`).
 */
export async function startFakeOpenAi(
  options: { port?: number; expectKey?: string; models?: string[]; strictModels?: boolean; record?: boolean } = {},
): Promise<FakeOpenAi> {
  const { port = 0, expectKey, models = knownModels, strictModels = false, record = true } = options
  const requests: FakeRequest[] = []
  const queue: FakeOpenAiBehaviour[] = []
  let sticky: FakeOpenAiBehaviour[] = []
  let open = 0

  function take(endpoint: string): FakeOpenAiBehaviour {
    const isMeant = (behaviour: FakeOpenAiBehaviour): boolean => (behaviour.on ?? 'chat') === endpoint
    const at = queue.findIndex(isMeant)
    const [queued] = at >= 0 ? queue.splice(at, 1) : []
    return queued ?? sticky.find(isMeant) ?? {}
  }

  async function handle(request: Request): Promise<Response> {
    const path = new URL(request.url).pathname
    const text = request.method === 'POST' ? await request.text() : ''
    const entry: FakeRequest = {
      method: request.method,
      path,
      headers: record ? Object.fromEntries(request.headers) : {},
      body: text === '' ? undefined : JSON.parse(text),
      aborted: false,
      cameAtMs: performance.now(),
      closedAtMs: undefined,
      usage: undefined,
    }
    if (record && requests.length < requestsMax) requests.push(entry)
    open += 1
    const close = (): void => {
      if (entry.closedAtMs !== undefined) return
      entry.closedAtMs = performance.now()
      open -= 1
    }
    request.signal.addEventListener('abort', () => {
      if (entry.closedAtMs === undefined) entry.aborted = true
      close()
    })
    const endpoint = path.endsWith('/chat/completions')
      ? 'chat'
      : path.endsWith('/embeddings')
        ? 'embeddings'
        : 'models'
    const behaviour = take(endpoint)
    if (behaviour.stallBeforeHeaders) await new Promise((resolve) => request.signal.addEventListener('abort', resolve))
    if (behaviour.headersDelayMs !== undefined) await Bun.sleep(behaviour.headersDelayMs)
    const disturbed = disturb(behaviour, close)
    if (disturbed) return disturbed
    const answer = answerPlainly({ endpoint, path, request, entry, behaviour })
    if (answer instanceof Response) {
      close()
      return answer
    }
    const deltas = makeDeltas(behaviour, answer.echo)
    const usage = { prompt_tokens: answer.promptTokens, completion_tokens: deltas.length }
    if (answer.includeUsage && behaviour.usage !== null) entry.usage = behaviour.usage ?? usage
    const { frames, stalls, resets } = makeFrames({
      behaviour,
      deltas,
      model: answer.model,
      includeUsage: answer.includeUsage,
      usage,
    })
    const perByte = behaviour.oneByteEveryMs !== undefined ? 1 : behaviour.writeBytes
    const body = timedBody({
      parts: perByte === undefined ? frames : slice(Buffer.concat(frames), perByte),
      firstDelayMs: behaviour.firstTokenDelayMs ?? 0,
      delayMs: behaviour.oneByteEveryMs ?? behaviour.delayMs ?? (perByte === undefined ? 0 : 0.01),
      repeatsUntil: behaviour.repeatsUntil,
      stalls,
      resets,
      onClose: close,
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } })
  }

  function answerPlainly(call: {
    endpoint: string
    path: string
    request: Request
    entry: FakeRequest
    behaviour: FakeOpenAiBehaviour
  }): Response | { echo: string; model: string; includeUsage: boolean; promptTokens: number } {
    const { endpoint, path, request, entry, behaviour } = call
    if (expectKey !== undefined && request.headers.get('authorization') !== `Bearer ${expectKey}`) {
      return problem(401, 'invalid_api_key')
    }
    if (endpoint === 'embeddings') return answerEmbeddings(entry.body as EmbeddingsBody)
    if (endpoint === 'models') {
      if (path.endsWith('/models')) return Response.json({ object: 'list', data: models.map(describeModel) })
      const id = decodeURIComponent(path.split('/').at(-1) ?? '')
      return models.includes(id) ? Response.json(describeModel(id)) : problem(404, 'model_not_found')
    }
    const body = entry.body as ChatBody
    const model = body.model ?? ''
    if (strictModels && !models.includes(model)) return problem(404, 'model_not_found')
    const messages = body.messages ?? []
    const promptTokens = Math.ceil(messages.reduce((sum, { content }) => sum + content.length, 0) / 4)
    const echo = echoOf(messages)
    if (body.stream) return { echo, model, promptTokens, includeUsage: body.stream_options?.include_usage ?? false }
    const deltas = makeDeltas(behaviour, echo)
    const usage = { prompt_tokens: promptTokens, completion_tokens: deltas.length }
    return Response.json({
      id: 'chatcmpl-fake',
      object: 'chat.completion',
      created: 1_760_000_000,
      model,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: deltas.join('') },
          finish_reason: behaviour.finishReason ?? 'stop',
        },
      ],
      ...(behaviour.usage === null ? {} : { usage: describeUsage(behaviour.usage ?? usage) }),
    })
  }

  const server = Bun.serve({
    port,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    development: false,
    fetch: handle,
    error: () => new Response(null),
  })
  return {
    url: `http://127.0.0.1:${server.port}/v1`,
    requests,
    behave(behaviour, { sticky: stays = false } = {}) {
      if (stays) sticky = [behaviour, ...sticky]
      else queue.push(behaviour)
    },
    reset() {
      queue.length = 0
      sticky = []
      requests.length = 0
    },
    openConnections: () => open,
    stop: () => server.stop(true),
  }
}

/** The answers that ignore the request; undefined when the behaviour asks for none of them. */
function disturb(behaviour: FakeOpenAiBehaviour, close: () => void): Response | undefined {
  const { status, body, retryAfter, redirectTo } = behaviour
  if (redirectTo !== undefined) {
    close()
    return new Response(upstreamCanary, { status: 307, headers: { location: redirectTo } })
  }
  if (behaviour.endlessErrorBody) {
    const stream = endlessBody({ prefix: `{"error":{"message":"${upstreamCanary}`, filler: 'x', onClose: close })
    return new Response(stream, { status: status ?? 500, headers: { 'content-type': 'application/json' } })
  }
  if (behaviour.endlessLine) {
    const stream = endlessBody({ prefix: 'data: {"choices":[{"delta":{"content":"', filler: 'x', onClose: close })
    return new Response(stream, { headers: { 'content-type': 'text/event-stream' } })
  }
  if (behaviour.gzipBomb) {
    close()
    const type = behaviour.on === undefined || behaviour.on === 'chat' ? 'text/event-stream' : 'application/json'
    return new Response(gzipBombBytes(), {
      status: status ?? 200,
      headers: { 'content-type': type, 'content-encoding': 'gzip' },
    })
  }
  if (behaviour.html200) {
    close()
    return new Response(`<html>${upstreamCanary}</html>`, { headers: { 'content-type': 'text/html' } })
  }
  if (status === undefined) return undefined
  close()
  const text = body ?? JSON.stringify({ error: { message: upstreamCanary, type: 'fake', code: 'fake' } })
  const headers = new Headers({ 'content-type': 'application/json' })
  if (retryAfter !== undefined) headers.set('retry-after', retryAfter)
  return new Response(text, { status, headers })
}

function echoOf(messages: { role: string; content: string }[]): string {
  const system = messages.find(({ role }) => role === 'system')?.content ?? ''
  const user = messages.findLast(({ role }) => role === 'user')?.content ?? ''
  const instructions = system.split('\n')[0]?.slice(0, 160) ?? ''
  const parts = [`You said: ${user}`]
  if (instructions !== '') parts.push(`(My instructions: ${instructions})`)
  if (/\[1\]/u.test(system)) parts.push('This is in the sources [1].')
  return parts.join(' ')
}

function answerEmbeddings(body: EmbeddingsBody): Response {
  const model = body.model ?? ''
  const dimension = body.dimensions ?? embeddingDimensions[model]
  if (dimension === undefined) return problem(404, 'model_not_found')
  const inputs = typeof body.input === 'string' ? [body.input] : (body.input ?? [])
  const tokens = Math.ceil(inputs.join('').length / 4)
  const data = inputs.map((text, index) => {
    const vector = fakeEmbedding(text, dimension)
    return {
      object: 'embedding',
      index,
      embedding: body.encoding_format === 'base64' ? encodeEmbedding(vector) : vector,
    }
  })
  return Response.json({ object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } })
}

function describeModel(id: string): Record<string, unknown> {
  return { id, object: 'model', created: 1_760_000_000, owned_by: 'fake' }
}

function problem(status: number, code: string): Response {
  return Response.json({ error: { message: upstreamCanary, type: 'invalid_request_error', code } }, { status })
}
