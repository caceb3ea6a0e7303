import { describe, expect, test } from 'bun:test'
import { openChatStream, type ChatEvent } from '../../console/src/api/chat-stream.ts'
import { ApiProblem } from '../../console/src/api/problem.ts'
import { createOpenSend } from '../../console/src/api/send.ts'
import { readEventStream, type ServerSentEvent } from '../../console/src/lib/event-stream.ts'

const encoder = new TextEncoder()

function bodyOf(chunks: readonly Uint8Array[], onCancel?: () => void): ReadableStream<Uint8Array> {
  const rest = [...chunks]
  return new ReadableStream({
    pull: (controller) => {
      const next = rest.shift()
      if (next) controller.enqueue(next)
      else controller.close()
    },
    cancel: onCancel,
  })
}

async function readAll(body: ReadableStream<Uint8Array>): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = []
  for await (const event of readEventStream(body)) events.push(event)
  return events
}

describe('an event stream', () => {
  const text =
    ': hello\r\nid: 1\nevent: start\ndata: {"a":1}\n\nevent: delta\r\ndata: one\r\ndata:  ü✓\r\n\r\nevent: ping\n\ndata: last\r\rdata: cut'
  const expected: ServerSentEvent[] = [
    { event: 'start', id: '1', data: '{"a":1}' },
    { event: 'delta', id: undefined, data: 'one\n ü✓' },
    { event: 'message', id: undefined, data: 'last' },
  ]

  test('reads the same however its bytes are cut', async () => {
    const bytes = encoder.encode(text)
    for (const size of [1, 2, 3, 7, bytes.length]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        bytes.slice(at * size, at * size + size),
      )
      expect(await readAll(bodyOf(chunks))).toEqual(expected)
    }
  })

  test('is cancelled when the reader leaves', async () => {
    let cancelled = false
    const body = bodyOf([encoder.encode('data: 1\n\n'), encoder.encode('data: 2\n\n')], () => {
      cancelled = true
    })
    for await (const event of readEventStream(body)) {
      expect(event.data).toBe('1')
      break
    }
    expect(cancelled).toBe(true)
  })
})

describe('an answer of the model', () => {
  const frames = (...events: [string, unknown][]): Uint8Array[] =>
    events.map(([event, data]) => encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`))
  const stream = (response: () => Response, signal = new AbortController().signal) =>
    openChatStream({
      origin: 'http://localhost',
      path: '/admin/tenants/kepler/preview',
      body: { message: 'hi' },
      signal,
      send: createOpenSend(async () => response()),
    })
  const collect = async (answer: AsyncGenerator<ChatEvent>): Promise<{ events: string[]; thrown: unknown }> => {
    const events: string[] = []
    try {
      for await (const { event } of answer) events.push(event)
      return { events, thrown: undefined }
    } catch (thrown) {
      return { events, thrown }
    }
  }

  test('ends with done and leaves pings out', async () => {
    const chunks = frames(['start', {}], ['ping', {}], ['delta', { text: 'a' }], ['usage', {}], ['done', { cited: [] }])
    expect(await collect(stream(() => new Response(bodyOf(chunks))))).toEqual({
      events: ['start', 'delta', 'usage', 'done'],
      thrown: undefined,
    })
  })

  test('rejects with the problem that its error event tells', async () => {
    const problem = { status: 504, code: 'model.timeout', detail: 'Too slow.', request_id: 'r1' }
    const { events, thrown } = await collect(
      stream(() => new Response(bodyOf(frames(['start', {}], ['error', problem])))),
    )
    expect(events).toEqual(['start'])
    expect(thrown).toMatchObject({ name: 'ApiProblem', status: 504, code: 'model.timeout', requestId: 'r1' })
  })

  test('is asked for as one that goes on without its reader, and taken up again behind the last event', async () => {
    const numbered = (from: number, ...events: [string, unknown][]): Uint8Array[] =>
      events.map(([event, data], at) =>
        encoder.encode(`id: ${from + at}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
      )
    const answers = [
      () => new Response(bodyOf(numbered(1, ['start', { stream_id: 's1' }], ['delta', { text: 'a' }]))),
      () => Promise.reject(new TypeError('Failed to fetch')),
      () => Response.json({ code: 'server.unavailable', status: 503 }, { status: 503 }),
      () => new Response(bodyOf(numbered(3, ['delta', { text: 'b' }], ['done', { cited: [] }]))),
    ]
    const asked: string[] = []
    const answer = openChatStream({
      origin: 'http://localhost',
      path: '/chat/stream',
      tenantId: 'kepler',
      body: { message: 'hi' },
      signal: new AbortController().signal,
      send: createOpenSend(async (input, init) => {
        const headers = new Headers(init?.headers)
        const { method, url } = new Request(input, { method: init?.method })
        const body = typeof init?.body === 'string' ? init.body : ''
        asked.push(`${method} ${url} ${headers.get('last-event-id') ?? ''} ${headers.get('x-tenant')} ${body}`)
        return (answers.shift() ?? (() => new Response(null, { status: 204 })))()
      }),
    })
    expect(await collect(answer)).toEqual({ events: ['start', 'delta', 'delta', 'done'], thrown: undefined })
    const resumed = 'GET http://localhost/chat/streams/s1 2 kepler '
    expect(asked).toEqual([
      'POST http://localhost/chat/stream  kepler {"message":"hi","resumable":true}',
      resumed,
      resumed,
      resumed,
    ])
  })

  test('that the server knows no more, or that ended in an error, is not asked for again', async () => {
    for (const last of [
      () => new Response(null, { status: 204 }),
      () => new Response(bodyOf(frames(['error', { status: 503, code: 'server.stopping', detail: 'Stopping.' }]))),
      () => Response.json({ code: 'tenant.inactive', status: 403 }, { status: 403 }),
    ]) {
      const answers = [() => new Response(bodyOf(frames(['start', { stream_id: 's1' }]))), last]
      const { thrown } = await collect(stream(() => (answers.shift() ?? (() => new Response('too often')))()))
      expect(thrown).toBeInstanceOf(ApiProblem)
      expect(answers).toEqual([])
    }
  })

  test('that is cut is no whole answer', async () => {
    const { thrown } = await collect(
      stream(() => new Response(bodyOf(frames(['start', {}], ['delta', { text: 'a' }])))),
    )
    expect(thrown).toMatchObject({ code: 'network.unreachable' })
  })

  test('that is refused rejects with why', async () => {
    const refusal = Response.json({ status: 503, code: 'model.not_configured', detail: 'No key.' }, { status: 503 })
    expect((await collect(stream(() => refusal))).thrown).toMatchObject({ code: 'model.not_configured' })
  })
})
