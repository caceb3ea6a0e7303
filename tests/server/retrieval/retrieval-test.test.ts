import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import { call } from '../../support/call.ts'
import { upstreamCanary } from '../../support/fake-openai-answers.ts'
import { makeTenant, makeUser } from '../../support/people.ts'
import { type Scenario, startScenario } from '../../support/scenario.ts'
import { addDocument } from '../chat/knowledge.ts'

let scenario: Scenario
let tenants = 0
const key = 'pcsk-tenant-canary-0123456789'
const passages = ['Thirty days of vacation.', 'The canteen opens at noon.', 'Vacation is asked for in spring.']

beforeAll(async () => {
  scenario = await startScenario()
  scenario.pinecone.addIndex({ name: 'kb', apiKey: key })
  scenario.pinecone.seed('kb', [
    { id: 'far', text: 'Vacation by meaning, days of it.', metadata: { lang: 'en' } },
    { id: 'fern', text: 'Urlaub und vacation.', metadata: { lang: 'de' } },
  ])
})
beforeEach(() => {
  scenario.model.reset()
  scenario.pinecone.reset()
})
afterAll(() => scenario.stop())

async function makeLibrary(settings: Record<string, unknown> = {}) {
  const id = `library-${(tenants += 1)}`
  await makeTenant(scenario.app, scenario.superuser, id, settings)
  const { chunkIds } = await addDocument(scenario.sql, { tenant: id, title: 'Handbook', passages })
  const tryOut = async (body: Record<string, unknown>, token = scenario.superuser.token) =>
    call(scenario.app, `POST /admin/tenants/${id}/retrieval/test`, { token, body })
  return { id, chunkIds, tryOut }
}

const idsOf = (sources: { chunk_id: string }[]): string[] => sources.map(({ chunk_id }) => chunk_id)

test('all three ways side by side, with scores and times; embedding the question is counted', async () => {
  const { id, chunkIds, tryOut } = await makeLibrary({ pinecone_index: 'kb', pinecone_api_key: key })
  const { status, body } = await tryOut({ query: 'days of vacation' })
  expect(status).toBe(200)
  expect(idsOf(body.keyword)).toEqual([chunkIds[0] ?? '', chunkIds[2] ?? ''])
  expect(idsOf(body.semantic)).toEqual(['far', 'fern'])
  expect(idsOf(body.hybrid).toSorted()).toEqual([...idsOf(body.keyword), 'far', 'fern'].toSorted())
  expect(body.keyword[0]).toMatchObject({ n: 1, title: 'Handbook', excerpt: passages[0], start: 0, end: 24 })
  for (const way of ['keyword', 'semantic', 'hybrid']) {
    const scores = body[way].map(({ score }: { score: number }) => score)
    expect(scores).toEqual(scores.toSorted((a: number, b: number) => b - a))
    expect(body.ways[way].problem).toBeNull()
    expect(body.ways[way].ms).toBeGreaterThan(0)
    expect(body.ways[way].ms).toBeLessThanOrEqual(body.ms)
  }
  expect(body.mode).toBe('hybrid')
  const rows = await scenario.sql`select purpose, source, status from usage_ledger where tenant_id = ${id}`
  expect(rows.map((row) => ({ ...row }))).toEqual([{ purpose: 'embedding', source: 'console', status: 'completed' }])
})

test('settings can be tried without being saved', async () => {
  const { id, tryOut } = await makeLibrary({ pinecone_index: 'kb', pinecone_api_key: key })
  const query = 'days of vacation'
  expect(idsOf((await tryOut({ query, retrieval_filter: { lang: { $eq: 'de' } } })).body.semantic)).toEqual(['fern'])
  expect((await tryOut({ query, retrieval_top_k: 1 })).body.hybrid).toHaveLength(1)
  expect((await tryOut({ query, retrieval_score_min: 0.9999 })).body.semantic).toEqual([])
  const weighed = (await tryOut({ query, retrieval_weights: { keyword: 0, semantic: 1 } })).body
  expect(idsOf(weighed.hybrid)).toEqual(['far', 'fern'])
  expect((await tryOut({ query, retrieval: 'off' })).body.mode).toBe('off')
  const stored = await call(scenario.app, `GET /admin/tenants/${id}`, { token: scenario.superuser.token })
  expect(stored.body).toMatchObject({ retrieval: null, retrieval_filter: null, retrieval_weights: null })
})

test('a way that is not set up says so and is no error', async () => {
  const { tryOut } = await makeLibrary()
  const { status, body } = await tryOut({ query: 'canteen' })
  expect(status).toBe(200)
  expect(body.mode).toBe('keyword')
  expect(body.keyword).toHaveLength(1)
  expect(body.semantic).toEqual([])
  expect(body.ways.semantic.problem).toEqual({
    code: 'retrieval.failed',
    reason: 'not_configured',
    detail: 'No Pinecone index is set up for this tenant.',
  })
  expect(body.ways.hybrid.degraded).toEqual({ from: 'hybrid', to: 'keyword', code: 'retrieval.failed' })
  expect(body.hybrid).toEqual(body.keyword)
})

test('a failing index says why, without upstream text', async () => {
  const { tryOut } = await makeLibrary({ pinecone_index: 'kb', pinecone_api_key: key })
  scenario.pinecone.behave({ status: 401 }, { sticky: true })
  const { status, body } = await tryOut({ query: 'canteen' })
  expect(status).toBe(200)
  expect(body.ways.semantic.problem).toMatchObject({ code: 'retrieval.failed', reason: 'key_refused' })
  expect(body.hybrid).toEqual(body.keyword)
  expect(JSON.stringify(body)).not.toContain(upstreamCanary)
  expect(JSON.stringify(body)).not.toContain(key)
})

test('what cannot be tried is refused by its field', async () => {
  const { id, tryOut } = await makeLibrary()
  for (const [field, value] of [
    ['query', ''],
    ['query', '   '],
    ['retrieval_top_k', 0],
    ['retrieval_top_k', 51],
    ['retrieval_weights', { keyword: -1, semantic: 1 }],
    ['retrieval_weights', { keyword: 0, semantic: 0 }],
    ['retrieval_filter', 'lang = de'],
    ['retrieval_filter', { text: 'x'.repeat(10_001) }],
    ['retrieval', 'best'],
  ] as const) {
    const { status, body } = await tryOut({ query: 'canteen', [field]: value })
    expect({ field, value, status }).toEqual({ field, value, status: 422 })
    expect(body.errors[0].path).toStartWith(field)
  }
  for (const change of [
    { retrieval_weights: { keyword: 0, semantic: 0 } },
    { retrieval_filter: { a: 'x'.repeat(10_001) } },
  ]) {
    const saved = await call(scenario.app, `PATCH /admin/tenants/${id}`, {
      token: scenario.superuser.token,
      body: change,
    })
    expect(saved.status).toBe(422)
  }
})

test('A9: only managers of the tenant may try it', async () => {
  const { id, tryOut } = await makeLibrary()
  const user = await makeUser(scenario.app, scenario.superuser, { tenant: id })
  expect((await tryOut({ query: 'canteen' }, user.token)).status).toBe(403)
  const owner = await makeUser(scenario.app, scenario.superuser, { is_owner: true })
  expect((await tryOut({ query: 'canteen' }, owner.token)).status).toBe(404)
})
