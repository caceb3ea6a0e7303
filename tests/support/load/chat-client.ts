import { type CallOptions, call, iterateEvents, send, type SseEvent } from '../call.ts'
import type { Attempt, AttemptKind, AttemptPlan } from './attempt.ts'

/** Someone who asks a tenant's bot: a user with a token, or a program with a key. */
export interface Asker {
  name: string
  /** As the ledger knows it. */
  userId: string
  tenant: string
  token: string
}

/** Where a client finds servers: one after the other, as behind a balancer that does not look. */
export interface Servers {
  /** Another one each time. */
  next(): { url: string }
}

const hungAfterMs = 60_000
const resumedWithinMs = 6_000
const resumedAgainAfterMs = 150

/** One question, asked once: what is not answered is not asked again here. */
export async function attempt(
  asker: Asker,
  servers: Servers,
  order: { key: string; kind: AttemptKind; plan: AttemptPlan; question: string; sessionId: string | undefined },
): Promise<Attempt> {
  const { sessionId, ...rest } = order
  const made: Attempt = {
    ...rest,
    client: asker.name,
    tenant: asker.tenant,
    ending: 'cut',
    status: undefined,
    code: undefined,
    requestId: undefined,
    sessionId: undefined,
    streamId: undefined,
    messageId: undefined,
    answer: '',
    usage: undefined,
    resumed: 0,
    faults: [],
    beganAfterMs: 0,
    endedAfterMs: 0,
  }
  const startedMs = performance.now()
  const leaving = new AbortController()
  const hung = setTimeout(() => leaving.abort('hung'), hungAfterMs)
  try {
    const response = await send(servers.next(), routes[order.kind], {
      token: asker.token,
      body: bodyOf(order.kind, order.question, sessionId),
      signal: leaving.signal,
    })
    made.beganAfterMs = performance.now() - startedMs
    made.status = response.status
    made.requestId = response.headers.get('x-request-id') ?? undefined
    await readAnswer({ made, response, asker, servers, leaving })
  } catch (error) {
    if (leaving.signal.reason === 'hung') made.ending = 'hung'
    else if (made.status === undefined && isRefusedConnection(error)) made.ending = 'unreached'
  } finally {
    clearTimeout(hung)
  }
  made.endedAfterMs = performance.now() - startedMs
  if (made.status === undefined) made.beganAfterMs = made.endedAfterMs
  return made
}

const routes: Record<AttemptKind, string> = {
  stream: 'POST /chat/stream',
  chat: 'POST /chat',
  v1: 'POST /v1/chat/completions',
  'v1-stream': 'POST /v1/chat/completions',
}

function bodyOf(kind: AttemptKind, question: string, sessionId: string | undefined): unknown {
  if (kind === 'stream') return { message: question, session_id: sessionId, resumable: true }
  if (kind === 'chat') return { message: question, session_id: sessionId }
  const messages = [{ role: 'user', content: question }]
  return kind === 'v1'
    ? { model: 'any', messages }
    : { model: 'any', messages, stream: true, stream_options: { include_usage: true } }
}

interface Reading {
  made: Attempt
  response: Response
  asker: Asker
  servers: Servers
  leaving: AbortController
}

async function readAnswer(reading: Reading): Promise<void> {
  const { made, response } = reading
  if (response.status !== 200) {
    const body = await response.json()
    made.ending = 'problem'
    made.code = body.code ?? body.error?.code
  } else if (made.kind === 'chat') {
    const body = await response.json()
    Object.assign(made, { ending: 'done', answer: body.text, usage: body.usage })
    Object.assign(made, { sessionId: body.session_id, messageId: body.message_id })
  } else if (made.kind === 'v1') {
    const body = await response.json()
    Object.assign(made, { ending: 'done', answer: body.choices[0].message.content, usage: body.usage })
  } else if (made.kind === 'v1-stream') await readChunks(reading)
  else await readStream(reading)
}

/** OpenAI's chunks; a stream without `[DONE]` was cut. */
async function readChunks({ made, response, leaving }: Reading): Promise<void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of response.body ?? []) {
    rest += decoder.decode(bytes, { stream: true })
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const data = line.startsWith('data: ') ? line.slice(6) : undefined
      if (data === '[DONE]' && made.code === undefined) made.ending = 'done'
      if (data === undefined || data === '[DONE]') continue
      const chunk = JSON.parse(data)
      if (chunk.error) Object.assign(made, { ending: 'problem', code: chunk.error.code })
      made.answer += chunk.choices?.[0]?.delta?.content ?? ''
      if (chunk.usage) made.usage = chunk.usage
    }
    if (made.plan === 'leave' && made.answer.length > 40) return leave(made, leaving)
  }
}

function leave(made: Attempt, leaving: AbortController): void {
  made.ending = 'left'
  leaving.abort('left')
}

/** Our own events; a stream that was cut is taken up again behind the last of them, wherever that goes. */
async function readStream(reading: Reading): Promise<void> {
  const { made } = reading
  let lastId = 0
  let hasDropped = false

  /** True when it is over, for better or worse. */
  async function follow(response: Response, dropping: AbortController): Promise<boolean> {
    for await (const event of iterateEvents(response)) {
      if (event.id !== undefined) {
        if (Number(event.id) !== lastId + 1) made.faults.push(`event ${event.id} came after ${lastId}`)
        lastId = Number(event.id)
      }
      take(made, event)
      if (event.event === 'done' || event.event === 'error') return true
      if (made.answer.length <= 40) continue
      if (made.plan === 'leave') {
        leave(made, reading.leaving)
        return true
      }
      if (made.plan === 'drop' && !hasDropped) {
        hasDropped = true
        dropping.abort('dropped')
        return false
      }
      if (made.plan === 'stop' && !hasDropped) {
        hasDropped = true
        void stop(reading)
      }
    }
    return false
  }

  if (await follow(reading.response, reading.leaving).catch(() => false)) return
  const giveUpAtMs = performance.now() + resumedWithinMs
  while (performance.now() < giveUpAtMs && made.streamId !== undefined) {
    await Bun.sleep(resumedAgainAfterMs)
    const again = new AbortController()
    const hung = setTimeout(() => again.abort('hung'), hungAfterMs)
    try {
      const response = await send(reading.servers.next(), `GET /chat/streams/${made.streamId}`, {
        token: reading.asker.token,
        headers: { 'last-event-id': String(lastId) },
        signal: again.signal,
      })
      if (response.status !== 200) continue
      made.resumed += 1
      if (await follow(response, again)) return
    } catch {
      if (again.signal.reason === 'hung') made.ending = 'hung'
    } finally {
      clearTimeout(hung)
    }
  }
}

function take(made: Attempt, { event, data }: SseEvent): void {
  if (event === 'start') {
    Object.assign(made, { streamId: data.stream_id, sessionId: data.session_id, messageId: data.message_id })
  } else if (event === 'delta') made.answer += data.text
  else if (event === 'usage') made.usage = data
  else if (event === 'done') made.ending = data.finish_reason === 'stopped' ? 'stopped' : 'done'
  else if (event === 'error') Object.assign(made, { ending: 'problem', code: data.code })
}

/** Any server will do; whether it worked shows in how the stream ends. */
async function stop({ made, asker, servers }: Reading): Promise<void> {
  const options: CallOptions = { token: asker.token }
  await call(servers.next(), `POST /chat/streams/${made.streamId}/stop`, options).catch(() => undefined)
}

function isRefusedConnection(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED'
}
