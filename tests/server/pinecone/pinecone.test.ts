import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { findRegionMismatch, readIndexDescription } from '../../../server/external/pinecone-index.ts'
import { createPinecone, type PineconeAdapter } from '../../../server/external/pinecone.ts'
import { createEgress } from '../../../server/platform/egress.ts'
import { AppError } from '../../../server/platform/errors.ts'
import { fakeEmbedding } from '../../support/fake-embedding.ts'
import { upstreamCanary } from '../../support/fake-openai-answers.ts'
import { type FakePinecone, startFakePinecone } from '../../support/fake-pinecone.ts'

const apiKey = 'pc-secret-canary'
const dimension = 1536
const { signal } = new AbortController()
let fake: FakePinecone
let pinecone: PineconeAdapter
let nowMs = 0

beforeAll(async () => {
  fake = await startFakePinecone()
})
beforeEach(() => {
  fake.reset()
  nowMs = 0
  for (const name of ['docs', 'moved', 'small', 'waiting']) fake.removeIndex(name)
  fake.addIndex({ name: 'docs', apiKey })
  fake.seed('docs', [
    { namespace: 'shop', id: 'refunds', text: 'Refunds are paid within 30 days.', metadata: { lang: 'en' } },
    { namespace: 'shop', id: 'hours', text: 'Our opening hours are nine to five.', metadata: { lang: 'en' } },
    { namespace: 'shop', id: 'hours-de', text: 'Unsere opening hours: neun bis fünf.', metadata: { lang: 'de' } },
    { namespace: 'other', id: 'secret', text: 'opening hours of another namespace' },
  ])
  pinecone = makeAdapter()
})
afterAll(() => fake.stop())

function makeAdapter(options: { allowLoopback?: boolean; callMs?: number; testMs?: number } = {}): PineconeAdapter {
  const { allowLoopback = true, callMs = 2_000, testMs = 2_000 } = options
  return createPinecone({
    egress: createEgress({ allowLoopback }),
    controllerUrl: fake.url,
    clock: { now: () => new Date(), monotonicMs: () => nowMs + performance.now() },
    deadlines: { callMs, testMs },
  })
}

const search = {
  apiKey,
  index: 'docs',
  namespace: 'shop',
  vector: fakeEmbedding('when are the opening hours?', dimension),
  topK: 2,
  textField: 'text',
  signal,
}

async function failOf(work: Promise<unknown>): Promise<AppError> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const causes = error.cause instanceof Error ? error.cause.message : ''
    const shown = JSON.stringify([error.message, error.detail, error.headers, error.extensions, causes])
    for (const canary of [upstreamCanary, apiKey, fake.url]) expect(shown).not.toContain(canary)
    expect(error).toMatchObject({ code: 'retrieval.failed', status: 502 })
    return error
  }
  throw new Error('it was answered')
}

describe('a Pinecone query', () => {
  test('gives the nearest passages of its own namespace, with text and metadata', async () => {
    const matches = await pinecone.query(search)
    expect(matches.map(({ id }) => id).sort()).toEqual(['hours', 'hours-de'])
    const hours = matches.find(({ id }) => id === 'hours')
    expect(hours?.text).toBe('Our opening hours are nine to five.')
    expect(hours?.score).toBeGreaterThan(0.3)
    expect(JSON.stringify(matches)).not.toContain('another namespace')
  })

  test('takes the text from the configured field and filters by metadata', async () => {
    fake.seed('docs', [
      { namespace: 'cms', id: 'a', text: 'opening hours', textField: 'body', metadata: { lang: 'en' } },
    ])
    const inCms = { ...search, namespace: 'cms' }
    expect(await pinecone.query({ ...inCms, textField: 'body' })).toMatchObject([{ id: 'a', text: 'opening hours' }])
    expect(await pinecone.query(inCms)).toMatchObject([{ id: 'a', text: '' }])
    const german = await pinecone.query({ ...search, filter: { lang: { $eq: 'de' } } })
    expect(german.map(({ id }) => id)).toEqual(['hours-de'])
    expect(await pinecone.query({ ...search, filter: {} })).toHaveLength(2)
  })

  test('upserts and removals are found by the next query', async () => {
    const records = [{ id: 'new', values: search.vector, metadata: { text: 'brand new' } }]
    const location = { apiKey, index: 'docs', namespace: 'fresh', signal }
    await pinecone.upsert({ ...location, records })
    expect(await pinecone.query({ ...search, namespace: 'fresh' })).toMatchObject([{ id: 'new', text: 'brand new' }])
    await pinecone.remove({ ...location, ids: ['new', 'never-there'] })
    expect(fake.count('docs', 'fresh')).toBe(0)
  })

  test('the host is looked up once in 5 minutes, for each key and index', async () => {
    const lookups = (): number => fake.requests.filter(({ path }) => path === '/indexes/docs').length
    await pinecone.query(search)
    await pinecone.query(search)
    expect(lookups()).toBe(1)
    nowMs = 5 * 60_000 + 1
    await pinecone.query(search)
    expect(lookups()).toBe(2)
    await failOf(pinecone.query({ ...search, apiKey: 'another' }))
    expect(lookups()).toBe(3)
  })

  test('a host that has gone is looked up anew', async () => {
    await pinecone.query(search)
    fake.removeIndex('docs')
    fake.addIndex({ name: 'moved', apiKey })
    fake.addIndex({ name: 'docs', apiKey, host: `${fake.url}/data/moved` })
    fake.behave({ on: 'data', status: 404 })
    expect(await pinecone.query(search)).toEqual([])
    expect(fake.requests.at(-1)?.path).toBe('/data/moved/query')
  })
})

describe('C3: a failing Pinecone is retrieval.failed with a reason, never its own text', () => {
  test('C3: statuses', async () => {
    for (const [status, reason] of [
      [400, 'request_refused'],
      [401, 'key_refused'],
      [403, 'key_refused'],
      [429, 'rate_limited'],
      [500, 'provider_failing'],
      [503, 'provider_failing'],
    ] as const) {
      fake.behave({ on: 'data', status }, { sticky: true })
      const { extensions } = await failOf(makeAdapter().query(search))
      expect([status, extensions]).toEqual([status, { reason }])
      const tries = fake.requests.filter(({ path }) => path.endsWith('/query')).length
      expect(tries).toBe(status >= 500 ? 2 : 1)
      fake.reset()
    }
  })

  test('C3: a wrong key, a missing index, a wrong dimension, HTML and a redirect', async () => {
    expect((await failOf(pinecone.query({ ...search, apiKey: 'wrong' }))).extensions.reason).toBe('key_refused')
    expect((await failOf(pinecone.query({ ...search, index: 'nope' }))).extensions.reason).toBe('index_not_found')
    expect((await failOf(pinecone.query({ ...search, vector: [1, 2] }))).extensions.reason).toBe('request_refused')
    fake.behave({ on: 'data', html200: true })
    expect((await failOf(pinecone.query(search))).extensions.reason).toBe('malformed')
    fake.behave({ on: 'control', html200: true })
    expect((await failOf(makeAdapter().query(search))).extensions.reason).toBe('malformed')
    fake.behave({ on: 'data', redirectTo: `${fake.url}/stolen` })
    expect((await failOf(pinecone.query(search))).extensions.reason).toBe('redirected')
    expect(fake.requests.filter(({ path }) => path === '/stolen')).toHaveLength(0)
  })

  test('C1: a controller cannot point an index at a private address', async () => {
    fake.removeIndex('docs')
    fake.addIndex({ name: 'docs', apiKey, host: 'http://169.254.169.254' })
    expect((await failOf(pinecone.query(search))).extensions.reason).toBe('address_refused')
    fake.addIndex({ name: 'docs', apiKey })
    const strict = makeAdapter({ allowLoopback: false })
    expect((await failOf(strict.query(search))).extensions.reason).toBe('address_refused')
    expect(fake.requests.filter(({ path }) => path.startsWith('/data/'))).toHaveLength(0)
  })

  test('C4: silence ends in a timeout and closes the connection', async () => {
    for (const on of ['control', 'data'] as const) {
      fake.behave({ on, stall: true })
      const startedMs = performance.now()
      expect((await failOf(makeAdapter({ callMs: 150 }).query(search))).extensions.reason).toBe('timeout')
      expect(performance.now() - startedMs).toBeLessThan(700)
      await until(() => fake.requests.at(-1)?.aborted === true)
    }
  })

  test('C5: an endless body is refused and costs less than 50 MB', async () => {
    const before = process.memoryUsage.rss()
    fake.behave({ on: 'data', endlessBody: true })
    expect((await failOf(pinecone.query(search))).extensions.reason).toBe('too_large')
    expect(process.memoryUsage.rss() - before).toBeLessThan(50 * 1024 * 1024)
  })

  test('D8: an abort rejects with its own reason and closes the connection', async () => {
    await pinecone.query(search)
    fake.behave({ on: 'data', stall: true })
    const caller = new AbortController()
    const reason = new Error('the client left')
    const pending = pinecone.query({ ...search, signal: caller.signal }).catch((error: unknown) => error)
    setTimeout(() => caller.abort(reason), 30)
    expect(await pending).toBe(reason)
    await until(() => fake.requests.at(-1)?.aborted === true)
  })
})

describe('the Pinecone connection test', () => {
  const fields = {
    apiKey,
    index: 'docs',
    namespace: 'shop',
    environment: null,
    textField: 'text',
    embeddingDimension: dimension,
    isShared: false,
    signal,
  }
  const names = ['key', 'index', 'dimension', 'region', 'namespace', 'query']

  test('passes six steps against a good index', async () => {
    const result = await pinecone.testConnection({ ...fields, environment: 'us-east-1-aws' })
    expect(result.ok).toBe(true)
    expect(result.steps.map(({ name, ok, remedy }) => [name, ok, remedy])).toEqual(
      names.map((name) => [name, true, null]),
    )
    expect(result.steps[4]?.detail).toContain('3 vectors')
    const empty = await pinecone.testConnection({ ...fields, namespace: 'nothing-here' })
    expect([empty.ok, empty.steps[4]?.detail]).toEqual([true, 'The namespace “nothing-here” is empty.'])
  })

  test('names the step that fails, says what to do, and lists the later ones as not run', async () => {
    fake.addIndex({ name: 'small', apiKey, dimension: 384 })
    fake.addIndex({ name: 'waiting', apiKey, ready: false })
    const cases = [
      ['key', { apiKey: 'wrong' }, 'Enter a valid API key'],
      ['index', { index: 'nope' }, 'Choose one that the key sees: docs'],
      ['index', { index: ' ' }, 'Choose one that the key sees: docs'],
      ['index', { index: 'waiting' }, 'Wait a minute'],
      ['dimension', { index: 'small' }, 'with 384 dimensions'],
      ['region', { environment: 'eu-west-1-aws' }, 'us-east-1-aws'],
    ] as const
    for (const [step, change, remedy] of cases) {
      const result = await pinecone.testConnection({ ...fields, ...change })
      expect(result.ok).toBe(false)
      expect(result.steps.map(({ name }) => name)).toEqual(names)
      const at = names.indexOf(step)
      for (const [index, { ok }] of result.steps.entries()) expect([step, index, ok]).toEqual([step, index, index < at])
      expect(result.steps[at]?.remedy).toContain(remedy)
      for (const later of result.steps.slice(at + 1)) {
        expect(later).toMatchObject({ remedy: null, latency_ms: 0, detail: `Not run, because “${step}” failed.` })
      }
      expect(JSON.stringify(result)).not.toContain(upstreamCanary)
      expect(JSON.stringify(result)).not.toContain(apiKey)
    }
  })

  test('C4: is over in time when Pinecone is silent', async () => {
    const hasty = makeAdapter({ callMs: 5_000, testMs: 200 })
    fake.behave({ stall: true, on: 'data' })
    const startedMs = performance.now()
    const result = await hasty.testConnection(fields)
    expect(performance.now() - startedMs).toBeLessThan(800)
    expect(result.steps.find(({ ok }) => !ok)).toMatchObject({
      name: 'namespace',
      detail: 'Pinecone did not answer in time.',
    })
  })

  test('environments compare by region and cloud for serverless, whole for pods', () => {
    const serverless = { kind: 'serverless', cloud: 'aws', region: 'us-east-1' } as const
    const pod = { kind: 'pod', environment: 'us-west1-gcp' } as const
    for (const same of ['us-east-1-aws', 'us-east-1', 'US-EAST-1-AWS ', '', null]) {
      expect(findRegionMismatch(same, serverless)).toBeUndefined()
    }
    for (const other of ['us-east-1-gcp', 'us-east-2-aws', 'us-east-1-azure', 'east']) {
      expect(findRegionMismatch(other, serverless)).toBe('us-east-1-aws')
    }
    expect(findRegionMismatch('us-west1-gcp', pod)).toBeUndefined()
    expect(findRegionMismatch('us-west1', pod)).toBe('us-west1-gcp')
    expect(findRegionMismatch('anything', { kind: 'unknown' })).toBeUndefined()
  })

  test('index descriptions of the older API are read as well', () => {
    const older = { name: 'a', host: 'a.svc.pinecone.io', dimension: 8, status: { ready: true } }
    expect(readIndexDescription({ ...older, spec: { serverless: { cloud: 'gcp', region: 'x' } } })).toEqual({
      name: 'a',
      host: 'a.svc.pinecone.io',
      dimension: 8,
      ready: true,
      placement: { kind: 'serverless', cloud: 'gcp', region: 'x' },
    })
    expect(readIndexDescription({ ...older, spec: { pod: { environment: 'e' } } })?.placement).toEqual({
      kind: 'pod',
      environment: 'e',
    })
    expect(readIndexDescription({ name: 'a' })).toBeUndefined()
  })
})

async function until(isTrue: () => boolean): Promise<void> {
  const startedMs = performance.now()
  while (!isTrue()) {
    if (performance.now() - startedMs > 1_000) throw new Error('it did not happen within 1 s')
    await Bun.sleep(5)
  }
}
