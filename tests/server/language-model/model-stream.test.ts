import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { createLanguageModel } from '../../../server/external/create-language-model.ts'
import type { LanguageModel, ModelStream } from '../../../server/external/language-model.ts'
import { createEgress } from '../../../server/platform/egress.ts'
import { type FakeOpenAi, startFakeOpenAi } from '../../support/fake-openai.ts'
import { upstreamCanary } from '../../support/fake-openai-answers.ts'
import { failOf, type OpenOptions, openStream, readAll } from './model-streams.ts'

let fake: FakeOpenAi
let model: LanguageModel

beforeAll(async () => {
  fake = await startFakeOpenAi()
  model = createLanguageModel({ egress: createEgress({ allowLoopback: true }), random: () => 0 })
})
afterEach(() => fake.reset())
afterAll(() => fake.stop())

const open = (options: Partial<OpenOptions> = {}): Promise<ModelStream> =>
  openStream(model, { baseUrl: fake.url, ...options })

describe('a model stream', () => {
  test('gives the whole answer, the finish reason and the usage', async () => {
    const { text, events } = await readAll(await open({ system: 'Be kind.\n[1] A source' }))
    expect(text).toBe('You said: hello (My instructions: Be kind.) This is in the sources [1].')
    expect(events.at(-1)).toEqual({
      type: 'end',
      finishReason: 'stop',
      usage: { promptTokens: 7, completionTokens: 13, cachedTokens: 0 },
    })
    // One read of the network, one event.
    expect(events.length).toBeLessThanOrEqual(3)
  })

  test('asks each provider for usage and for its own name of the output limit', async () => {
    for (const provider of ['openai', 'deepseek', 'openai-compatible'] as const) await readAll(await open({ provider }))
    const [openai, deepseek, compatible] = fake.requests.map(({ body }) => body)
    expect(openai).toMatchObject({ stream: true, stream_options: { include_usage: true }, max_completion_tokens: 77 })
    expect(openai).not.toHaveProperty('max_tokens')
    for (const body of [deepseek, compatible]) {
      expect(body).toMatchObject({ max_tokens: 77, stream_options: { include_usage: true } })
      expect(body).not.toHaveProperty('max_completion_tokens')
    }
    expect(fake.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer sk-secret-canary',
      'accept-encoding': 'identity',
    })
  })

  test('keeps every delta exactly, however the bytes arrive', async () => {
    const deltas = ['[', '1', ']', ' Grüße 🎈\n', '"quoted" \\', '', ' end']
    for (const more of [{}, { writeBytes: 7 }, { lineEnd: '\r\n' as const }, { delayMs: 1 }]) {
      fake.behave({ deltas, ...more })
      expect((await readAll(await open())).text).toBe(deltas.join(''))
    }
  })

  test('a missing usage frame is no usage, and does not hold up the end', async () => {
    fake.behave({ text: 'hi', usage: null })
    expect((await readAll(await open())).events.at(-1)).toEqual({ type: 'end', finishReason: 'stop', usage: null })
    fake.behave({ text: 'hi', stallAfterFinish: true, finishReason: 'length' })
    const startedMs = performance.now()
    const { events } = await readAll(await open())
    expect(events.at(-1)).toEqual({ type: 'end', finishReason: 'length', usage: null })
    expect(performance.now() - startedMs).toBeLessThan(3_000)
  })

  test('connections are used again after a whole answer', async () => {
    for (let n = 0; n < 5; n += 1) await readAll(await open())
    expect(fake.openConnections()).toBe(0)
    expect(fake.requests.every(({ aborted }) => !aborted)).toBe(true)
  })
})

describe('C3: a failing provider is a typed error, never silent success, never its own text', () => {
  const statuses: [number, string][] = [
    [400, 'request_refused'],
    [401, 'key_refused'],
    [402, 'balance_exhausted'],
    [403, 'key_refused'],
    [404, 'model_not_found'],
    [422, 'request_refused'],
    [429, 'rate_limited'],
    [500, 'provider_failing'],
  ]
  for (const [status, reason] of statuses) {
    test(`C3: ${status} is ${reason}, without a second try`, async () => {
      fake.behave({ status })
      const { error } = await failOf(() => open())
      expect(error).toMatchObject({ code: 'model.upstream_error', status: 502, extensions: { reason } })
      expect(fake.requests).toHaveLength(1)
    })
  }

  test('C3: 429 hands on a sane Retry-After and drops any other', async () => {
    fake.behave({ status: 429, retryAfter: '7' })
    const { error } = await failOf(() => open())
    expect(error.headers).toEqual({ 'retry-after': '7' })
    expect(error.detail).toContain('7 seconds')
    for (const retryAfter of ['999999', '-1', 'soon', '0']) {
      fake.behave({ status: 429, retryAfter })
      expect((await failOf(() => open())).error.headers).toEqual({})
    }
  })

  test('C3: known error codes sharpen the reason', async () => {
    for (const [status, code, reason] of [
      [429, 'insufficient_quota', 'balance_exhausted'],
      [400, 'context_length_exceeded', 'context_too_long'],
      [400, 'model_not_found', 'model_not_found'],
    ] as const) {
      fake.behave({ status, body: JSON.stringify({ error: { message: upstreamCanary, code } }) })
      expect((await failOf(() => open())).error.extensions).toEqual({ reason })
    }
  })

  test('C3: 502, 503 and 504 are tried once more, then reported', async () => {
    for (const status of [502, 503, 504]) {
      fake.reset()
      fake.behave({ status })
      expect((await readAll(await open())).text).toStartWith('You said')
      expect(fake.requests).toHaveLength(2)
      fake.behave({ status }, { sticky: true })
      const { error } = await failOf(() => open())
      expect(error.extensions).toEqual({ reason: 'provider_failing' })
      expect(fake.requests).toHaveLength(4)
    }
  })

  test('C3: a server that is not there is unreachable', async () => {
    const gone = await startFakeOpenAi()
    await gone.stop()
    const { error } = await failOf(() => open({ baseUrl: gone.url }))
    expect(error).toMatchObject({ code: 'model.upstream_error', extensions: { reason: 'unreachable' } })
  })

  test('C3: HTML with 200 is no answer', async () => {
    fake.behave({ html200: true })
    expect((await failOf(() => open())).error.extensions).toEqual({ reason: 'not_event_stream' })
  })

  test('C3: malformed events, error events and cuts come after what was said, and nothing is tried again', async () => {
    const cases = [
      [{ malformedSse: true, text: 'one two' }, 'malformed', 'one two'],
      [{ errorFrameAfter: 2, text: 'one two three' }, 'provider_failing', 'one two'],
      [{ cutAfter: 2, text: 'one two three' }, 'cut', 'one two'],
      [{ cutAfter: 0, text: 'one' }, 'cut', ''],
    ] as const
    for (const [behaviour, reason, said] of cases) {
      fake.reset()
      fake.behave(behaviour)
      const { error, text } = await failOf(() => open())
      expect({ reason: error.extensions.reason, text }).toEqual({ reason, text: said })
      expect(fake.requests).toHaveLength(1)
    }
  })

  test('C3: a failure is given again to whoever reads on', async () => {
    fake.behave({ cutAfter: 0 })
    const stream = await open()
    const first = await stream.read().catch((error: unknown) => error)
    expect(await stream.read().catch((error: unknown) => error)).toBe(first)
  })

  test('C1: a redirect is refused and its goal is never called', async () => {
    const other = await startFakeOpenAi()
    fake.behave({ redirectTo: `${other.url}/chat/completions` })
    expect((await failOf(() => open())).error.extensions).toEqual({ reason: 'redirected' })
    expect(other.requests).toHaveLength(0)
    await other.stop()
  })

  test('C1: an address that is not public is refused at the call, without a connection', async () => {
    const strict = createLanguageModel({ egress: createEgress({ allowLoopback: false }) })
    const target = {
      provider: 'openai-compatible' as const,
      baseUrl: fake.url,
      apiKey: 'k',
      model: 'm',
      trusted: false,
    }
    const request = { target, messages: [], maxOutputTokens: 1, signal: new AbortController().signal }
    expect((await failOf(() => strict.openStream(request))).error.extensions).toEqual({ reason: 'address_refused' })
    expect(fake.requests).toHaveLength(0)
  })

  test('a key with a line end never becomes part of an error', async () => {
    const { error } = await failOf(() => open({ apiKey: 'sk-secret-canary\n' }))
    expect(error.extensions).toEqual({ reason: 'key_refused' })
    expect(fake.requests).toHaveLength(0)
  })
})
