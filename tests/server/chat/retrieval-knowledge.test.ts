import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { call } from '../../support/call.ts'
import { upstreamCanary } from '../../support/fake-openai-answers.ts'
import { makeTenant, makeUser, type Person } from '../../support/people.ts'
import { ask, type Asked, eventually, type Scenario, startScenario } from '../../support/scenario.ts'
import { addDocument } from './knowledge.ts'

let scenario: Scenario
let tenants = 0
const pineconeKey = 'pcsk-tenant-canary-0123456789'
const handbook = {
  title: 'Handbook',
  url: 'https://acme.example/handbook',
  passages: [
    'Employees get thirty days of vacation.',
    'The canteen opens at noon.',
    'Vacation is asked for in spring.',
  ],
}

beforeAll(async () => {
  scenario = await startScenario()
})
beforeEach(() => {
  scenario.model.reset()
  scenario.pinecone.reset()
})
afterAll(() => scenario.stop())

async function makeReader(settings: Record<string, unknown> = {}, id = `reader-${(tenants += 1)}`): Promise<Person> {
  await makeTenant(scenario.app, scenario.superuser, id, settings)
  return makeUser(scenario.app, scenario.superuser, { tenant: id })
}
const tenantNow = (): string => `reader-${tenants}`
const idsOf = (asked: Asked): string[] =>
  asked.data('sources').sources.map((source: { chunk_id: string }) => source.chunk_id)
const askAbout = (reader: Person, message: string): Promise<Asked> =>
  ask(scenario.app, { token: reader.token, message })

describe('keyword retrieval', () => {
  test('is automatic as soon as the tenant has a document, and its sources have their place in the text', async () => {
    const reader = await makeReader()
    const before = await askAbout(reader, 'How much vacation?')
    expect(before.events.map(({ event }) => event)).not.toContain('sources')
    const { documentId, chunkIds } = await addDocument(scenario.sql, { tenant: tenantNow(), ...handbook })
    // The document came by SQL: it is known within a second.
    const asked = await eventually(async () => {
      const tried = await askAbout(reader, 'How many days of vacation?')
      return tried.data('sources') && tried
    })
    expect(asked.data('sources')).toMatchObject({ mode: 'keyword', degraded: null })
    expect(asked.data('sources').sources[0]).toEqual({
      n: 1,
      document_id: documentId,
      chunk_id: chunkIds[0] ?? '',
      title: 'Handbook',
      url: 'https://acme.example/handbook',
      excerpt: handbook.passages[0],
      start: 0,
      end: handbook.passages[0]?.length,
      score: expect.any(Number),
    })
    expect(idsOf(asked)).not.toContain(chunkIds[1] ?? '')
    expect(asked.text).toContain('[1]')
    expect(asked.data('done').cited).toEqual([1])
    const stored = await call(scenario.app, `GET /chat/sessions/${asked.data('start').session_id}/messages`, {
      token: reader.token,
    })
    expect(stored.body.items[1]).toMatchObject({ sources: asked.data('sources').sources, cited: [1] })
    const whole = await call(scenario.app, 'POST /chat', { token: reader.token, body: { message: 'Vacation?' } })
    expect(whole.body.sources).toHaveLength(2)
    expect(whole.body.cited).toEqual([1])
  })

  test('finds nothing of another tenant, whatever is asked', async () => {
    await makeReader({ retrieval: 'keyword' })
    await addDocument(scenario.sql, { tenant: tenantNow(), title: 'Theirs', passages: ['The zanzibar code is 4711.'] })
    const reader = await makeReader({ retrieval: 'keyword' })
    await addDocument(scenario.sql, { tenant: tenantNow(), ...handbook })
    for (const message of ['zanzibar', "zanzibar' | 'code", 'zanzibar & !vacation', "'); select 1 --", ':* | <-> \\']) {
      const asked = await askAbout(reader, message)
      expect(JSON.stringify(asked.events)).not.toContain('code is 4711')
    }
  })

  test('gives at most as many passages as the tenant wants', async () => {
    const reader = await makeReader({ retrieval: 'keyword', retrieval_top_k: 1 })
    await addDocument(scenario.sql, { tenant: tenantNow(), ...handbook })
    expect(idsOf(await askAbout(reader, 'vacation'))).toHaveLength(1)
  })

  test('switched off there is none, though there are documents', async () => {
    const reader = await makeReader({ retrieval: 'off' })
    await addDocument(scenario.sql, { tenant: tenantNow(), ...handbook })
    expect((await askAbout(reader, 'vacation')).events.map(({ event }) => event)).not.toContain('sources')
  })
})

describe('hybrid retrieval', () => {
  const settings = { pinecone_index: 'kb', pinecone_api_key: pineconeKey }

  beforeAll(() => {
    scenario.pinecone.addIndex({ name: 'kb', apiKey: pineconeKey })
  })

  test('is automatic with Pinecone, and what both rankings found comes first, once', async () => {
    const reader = await makeReader(settings)
    const { chunkIds } = await addDocument(scenario.sql, { tenant: tenantNow(), ...handbook })
    const [both = '', , keywordOnly = ''] = chunkIds
    scenario.pinecone.seed('kb', [
      { id: both, text: handbook.passages[0] ?? '' },
      { id: 'semantic-only', text: 'Vacation days.' },
    ])
    const asked = await askAbout(reader, 'days of vacation')
    expect(asked.data('sources')).toMatchObject({ mode: 'hybrid', degraded: null })
    expect(idsOf(asked)[0]).toBe(both)
    expect(idsOf(asked).toSorted()).toEqual([both, keywordOnly, 'semantic-only'].toSorted())
    const ns = asked.data('sources').sources.map((source: { n: number }) => source.n)
    expect(ns).toEqual([1, 2, 3])
  })

  test('weights decide between the rankings', async () => {
    const reader = await makeReader({ ...settings, retrieval_weights: { keyword: 0, semantic: 5 } })
    await addDocument(scenario.sql, { tenant: tenantNow(), ...handbook })
    const [first] = idsOf(await askAbout(reader, 'vacation days'))
    expect(first).toBe('semantic-only')
  })

  test.each([
    ['refuses the key', { status: 401 }],
    ['fails', { status: 500 }],
    ['limits', { status: 429 }],
    ['answers with a page', { html200: true }],
  ])('falls back to keyword when Pinecone %s, says so, and answers', async (_name, behaviour) => {
    const reader = await makeReader(settings)
    const { chunkIds } = await addDocument(scenario.sql, { tenant: tenantNow(), ...handbook })
    scenario.pinecone.behave(behaviour, { sticky: true })
    const asked = await askAbout(reader, 'canteen')
    const degraded = { from: 'hybrid', to: 'keyword', code: 'retrieval.failed' }
    expect(asked.data('sources')).toMatchObject({ mode: 'keyword', degraded })
    expect(idsOf(asked)).toEqual([chunkIds[1] ?? ''])
    expect(asked.events.at(-1)?.event).toBe('done')
    expect(JSON.stringify(asked.events)).not.toContain(upstreamCanary)
  })

  test('falls back when the question cannot be embedded, too', async () => {
    const reader = await makeReader(settings)
    scenario.model.behave({ on: 'embeddings', status: 401 })
    const asked = await askAbout(reader, 'canteen')
    expect(asked.data('sources').degraded).toEqual({
      from: 'hybrid',
      to: 'keyword',
      code: 'model.upstream_error',
    })
    const rows = await scenario.sql`
      select purpose, status, prompt_tokens from usage_ledger where tenant_id = ${tenantNow()} order by created_at`
    expect(rows.map((row) => ({ ...row }))).toEqual([
      { purpose: 'embedding', status: 'failed', prompt_tokens: 0 },
      expect.objectContaining({ purpose: 'chat', status: 'completed' }),
    ])
  })
})

describe('PINECONE_SHARED', () => {
  test('each tenant searches its own namespace of the shared index, whatever its settings say', async () => {
    const sharedKey = 'pcsk-shared-canary-0123456789'
    const env = { PINECONE_API_KEY: sharedKey, PINECONE_SHARED: 'true', INDEX_NAME: 'shared' }
    const shared = await startScenario({ env })
    shared.pinecone.addIndex({ name: 'shared', apiKey: sharedKey })
    shared.pinecone.seed('shared', [
      { namespace: 'one', id: 'of-one', text: 'A secret of one.' },
      { namespace: 'two', id: 'of-two', text: 'A secret of two.' },
      { id: 'of-all', text: 'A secret of nobody.' },
    ])
    await makeTenant(shared.app, shared.superuser, 'one', { pinecone_namespace: 'two' })
    const user = await makeUser(shared.app, shared.superuser, { tenant: 'one' })
    const asked = await ask(shared.app, { token: user.token, message: 'secret' })
    expect(asked.data('sources').mode).toBe('hybrid')
    expect(idsOf(asked)).toEqual(['of-one'])
    for (const { path, body } of shared.pinecone.requests) {
      if (path.endsWith('/query')) expect(body).toMatchObject({ namespace: 'one' })
    }
    await shared.stop()
  })

  test('without it the platform’s Pinecone key is not used for any tenant', async () => {
    const env = { PINECONE_API_KEY: 'pcsk-shared-canary-0123456789', INDEX_NAME: 'shared' }
    const unshared = await startScenario({ env })
    await makeTenant(unshared.app, unshared.superuser, 'one')
    const user = await makeUser(unshared.app, unshared.superuser, { tenant: 'one' })
    await ask(unshared.app, { token: user.token, message: 'secret' })
    expect(unshared.pinecone.requests).toEqual([])
    await unshared.stop()
  })
})
