import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { createEmbeddings, type Embeddings } from '../../../server/external/embeddings.ts'
import type { ModelTarget } from '../../../server/external/language-model.ts'
import { createModelTest } from '../../../server/external/model-test.ts'
import { createEgress } from '../../../server/platform/egress.ts'
import { AppError } from '../../../server/platform/errors.ts'
import { fakeEmbedding } from '../../support/fake-embedding.ts'
import { type FakeOpenAi, startFakeOpenAi } from '../../support/fake-openai.ts'
import { upstreamCanary } from '../../support/fake-openai-answers.ts'

const apiKey = 'sk-secret-canary'
const egress = createEgress({ allowLoopback: true })
const { signal } = new AbortController()
let fake: FakeOpenAi
let embeddings: Embeddings

beforeAll(async () => {
  fake = await startFakeOpenAi({ expectKey: apiKey, strictModels: true })
  embeddings = createEmbeddings({ egress })
})
afterEach(() => fake.reset())
afterAll(() => fake.stop())

const target = (change: Partial<ModelTarget> = {}): ModelTarget => ({
  provider: 'openai',
  baseUrl: fake.url,
  apiKey,
  model: 'text-embedding-3-small',
  trusted: false,
  ...change,
})

async function failOf(work: Promise<unknown>): Promise<AppError> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const shown = JSON.stringify([error.message, error.detail, error.headers, error.extensions])
    for (const canary of [upstreamCanary, apiKey]) expect(shown).not.toContain(canary)
    return error
  }
  throw new Error('it was answered')
}

describe('embeddings', () => {
  test('one vector for each text, in order, with what they cost', async () => {
    const inputs = ['refunds in 30 days', 'opening hours', '']
    const { vectors, promptTokens } = await embeddings.embed({ target: target(), inputs, signal })
    expect(promptTokens).toBe(8)
    for (const [at, text] of inputs.entries()) {
      expect(vectors[at]?.length).toBe(1536)
      const expected = fakeEmbedding(text, 1536)
      for (const axis of [0, 7, 1535]) expect(vectors[at]?.[axis]).toBeCloseTo(expected[axis] ?? 1, 5)
    }
    expect(await embeddings.embed({ target: target(), inputs: [], signal })).toEqual({ vectors: [], promptTokens: 0 })
    expect(fake.requests).toHaveLength(1)
  })

  test('nothing of the environment travels with a request', async () => {
    const before = { ...process.env }
    Object.assign(process.env, {
      OPENAI_ORG_ID: 'org-canary',
      OPENAI_PROJECT_ID: 'proj-canary',
      OPENAI_API_KEY: 'sk-platform',
    })
    try {
      await embeddings.embed({ target: target(), inputs: ['x'], signal })
    } finally {
      for (const name of ['OPENAI_ORG_ID', 'OPENAI_PROJECT_ID', 'OPENAI_API_KEY']) {
        if (before[name] === undefined) delete process.env[name]
        else process.env[name] = before[name]
      }
    }
    const sent = JSON.stringify(fake.requests[0]?.headers)
    for (const canary of ['org-canary', 'proj-canary', 'sk-platform']) expect(sent).not.toContain(canary)
  })

  test('C3: failures are typed; 401 is not tried again, 500 once', async () => {
    for (const [status, reason, tries] of [
      [400, 'request_refused', 1],
      [401, 'key_refused', 1],
      [404, 'model_not_found', 1],
      [500, 'provider_failing', 2],
    ] as const) {
      fake.behave({ on: 'embeddings', status }, { sticky: true })
      const error = await failOf(embeddings.embed({ target: target(), inputs: ['x'], signal }))
      expect(error).toMatchObject({ code: 'model.upstream_error', extensions: { reason } })
      expect(fake.requests).toHaveLength(tries)
      fake.reset()
    }
    fake.behave({ on: 'embeddings', html200: true }, { sticky: true })
    expect((await failOf(embeddings.embed({ target: target(), inputs: ['x'], signal }))).extensions.reason).toBe(
      'malformed',
    )
  })

  test('C4: silence ends in time, a Retry-After of a minute does not wait', async () => {
    const hasty = createEmbeddings({ egress, timeoutMs: 200 })
    for (const behaviour of [{ stallBeforeHeaders: true }, { status: 429, retryAfter: '50' }]) {
      fake.behave({ on: 'embeddings', ...behaviour }, { sticky: true })
      const startedMs = performance.now()
      const error = await failOf(hasty.embed({ target: target(), inputs: ['x'], signal }))
      expect(error.code).toBe('model.timeout')
      expect(performance.now() - startedMs).toBeLessThan(700)
      fake.reset()
    }
  })

  test('C5: a gzip bomb and an endless body are refused and cost less than 50 MB', async () => {
    fake.behave({ on: 'embeddings', gzipBomb: true }, { sticky: true })
    await failOf(embeddings.embed({ target: target(), inputs: ['x'], signal }))
    const before = process.memoryUsage.rss()
    for (const behaviour of [{ gzipBomb: true }, { endlessErrorBody: true, status: 400 }]) {
      fake.reset()
      fake.behave({ on: 'embeddings', ...behaviour }, { sticky: true })
      const error = await failOf(embeddings.embed({ target: target(), inputs: ['x'], signal }))
      expect(error.extensions.reason).toBe('too_large')
    }
    expect(process.memoryUsage.rss() - before).toBeLessThan(50 * 1024 * 1024)
  })

  test('D8: an abort rejects with its own reason', async () => {
    fake.behave({ on: 'embeddings', stallBeforeHeaders: true })
    const caller = new AbortController()
    const reason = new Error('the client left')
    setTimeout(() => caller.abort(reason), 20)
    const pending = embeddings.embed({ target: target(), inputs: ['x'], signal: caller.signal })
    expect(await pending.catch((error: unknown) => error)).toBe(reason)
  })
})

describe('the model connection test', () => {
  const testModel = createModelTest({ egress, timeoutMs: 1_000 })
  const chat = (change: Partial<ModelTarget> = {}): ModelTarget => target({ model: 'gpt-4.1-mini', ...change })

  test('passes against a model that answers, and says what it cost', async () => {
    const { test: result, usage } = await testModel({ target: chat(), signal })
    expect(result.ok).toBe(true)
    expect(result.steps.map(({ name }) => name)).toEqual(['address', 'key', 'model', 'answer'])
    expect(usage?.promptTokens).toBeGreaterThan(0)
    expect(fake.requests[0]?.body).toMatchObject({ max_completion_tokens: 16 })
  })

  test('names the step that fails and says what to do', async () => {
    const gone = await startFakeOpenAi()
    await gone.stop()
    const cases: [string, Partial<ModelTarget>, object, string][] = [
      ['address', { baseUrl: gone.url }, {}, 'Check the address'],
      ['address', { baseUrl: 'http://169.254.169.254/v1' }, {}, 'public https address'],
      ['address', {}, { redirectTo: 'http://127.0.0.1:9/' }, 'redirect'],
      ['key', { apiKey: 'wrong' }, {}, 'valid API key'],
      ['key', {}, { status: 402 }, 'Add balance'],
      ['model', { model: 'gpt-nope' }, {}, 'Check the model name'],
      ['address', {}, { status: 500 }, 'Wait a little'],
      ['address', {}, { html200: true }, '/v1'],
      ['address', {}, { gzipBomb: true }, 'OpenAI-compatible'],
      ['address', {}, { stallBeforeHeaders: true }, 'Test again'],
    ]
    for (const [step, change, behaviour, remedy] of cases) {
      fake.reset()
      fake.behave(behaviour)
      const { test: result } = await testModel({ target: chat(change), signal })
      expect(result.ok).toBe(false)
      expect(result.steps.find(({ ok }) => !ok)).toMatchObject({ name: step, remedy: expect.stringContaining(remedy) })
      for (const canary of [upstreamCanary, apiKey, 'wrong']) expect(JSON.stringify(result)).not.toContain(canary)
    }
  })

  test('the offline provider passes at once', async () => {
    const { test: result, usage } = await testModel({ target: chat({ provider: 'offline' }), signal })
    expect([result.ok, usage, fake.requests.length]).toEqual([true, null, 0])
  })
})
