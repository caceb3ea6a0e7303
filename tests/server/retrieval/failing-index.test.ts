import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import { call } from '../../support/call.ts'
import { createClockAhead, type TestClock } from '../../support/clock.ts'
import { makeTenant, makeUser, type Person } from '../../support/people.ts'
import { ask, type Asked, eventually, type Scenario, startScenario } from '../../support/scenario.ts'
import { addDocument } from '../chat/knowledge.ts'

let scenario: Scenario
let clock: TestClock
let tenants = 0
const key = 'pcsk-tenant-canary-0123456789'

beforeAll(async () => {
  clock = createClockAhead()
  scenario = await startScenario({ clock })
  scenario.pinecone.addIndex({ name: 'kb', apiKey: key })
  scenario.pinecone.seed('kb', [{ id: 'far', text: 'Vacation by meaning.' }])
})
beforeEach(() => {
  scenario.model.reset()
  scenario.pinecone.reset()
})
afterAll(() => scenario.stop())

async function makeReader(settings: Record<string, unknown> = {}): Promise<{ id: string; person: Person }> {
  const id = `reader-${(tenants += 1)}`
  await makeTenant(scenario.app, scenario.superuser, id, { pinecone_index: 'kb', pinecone_api_key: key, ...settings })
  await addDocument(scenario.sql, { tenant: id, title: 'Handbook', passages: ['Thirty days of vacation.'] })
  return { id, person: await makeUser(scenario.app, scenario.superuser, { tenant: id }) }
}

const askAbout = (reader: { person: Person }): Promise<Asked> =>
  ask(scenario.app, { token: reader.person.token, message: 'vacation' })
const ways = (asked: Asked) => ({ mode: asked.data('sources').mode, degraded: asked.data('sources').degraded })
const fallen = { mode: 'keyword', degraded: { from: 'hybrid', to: 'keyword', code: 'retrieval.failed' } }
const whole = { mode: 'hybrid', degraded: null }

async function timeOf(work: Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await work
  return performance.now() - startedMs
}

test('D: once an index is known to fail nobody waits for it, other tenants notice nothing, and it is taken up again', async () => {
  const [broken, other] = [await makeReader(), await makeReader()]
  scenario.pinecone.behave({ status: 500 }, { sticky: true })
  for (let n = 0; n < 3; n++) expect(ways(await askAbout(broken))).toEqual(fallen)

  // Now it does not even answer. Neither it nor the embedding model is asked.
  scenario.pinecone.reset()
  scenario.pinecone.behave({ stall: true }, { sticky: true })
  scenario.model.reset()
  const plain = await timeOf(
    ask(scenario.app, { token: broken.person.token, body: { message: 'vacation', retrieval: 'off' } }),
  )
  for (let n = 0; n < 3; n++) {
    const tookMs = await timeOf(askAbout(broken).then((asked) => expect(ways(asked)).toEqual(fallen)))
    expect(tookMs).toBeLessThan(plain + 100)
  }
  expect(scenario.pinecone.requests).toEqual([])
  expect(scenario.model.requests.filter(({ path }) => path.endsWith('/embeddings'))).toEqual([])

  scenario.pinecone.reset()
  expect(ways(await askAbout(other))).toEqual(whole)

  const health = async () =>
    (await call(scenario.app, `GET /admin/tenants/${broken.id}/overview`, { token: scenario.superuser.token })).body
      .connections
  await eventually(async () => (await health()).find((row: { affected: number }) => row.affected === 6))
  expect(await health()).toMatchObject([
    { connection: expect.any(String) },
    { connection: 'pinecone', code: 'provider_failing', affected: 6, failing_since: expect.any(String) },
  ])

  clock.advanceMs(10_001)
  await eventually(async () => (await askAbout(broken)).data('sources').mode === 'hybrid')
  await eventually(async () =>
    (await health()).some(
      (row: { connection: string; failing_since: unknown }) => row.connection === 'pinecone' && !row.failing_since,
    ),
  )
})

test('semantic retrieval alone fails as retrieval.failed, at once when that is known, before the stream begins', async () => {
  const reader = await makeReader({ retrieval: 'semantic' })
  scenario.pinecone.behave({ status: 401 }, { sticky: true })
  for (let n = 0; n < 5; n++) {
    const answer = await call(scenario.app, 'POST /chat/stream', {
      token: reader.person.token,
      body: { message: 'vacation' },
    })
    expect(answer.status).toBe(502)
    expect(answer.body).toMatchObject({ code: 'retrieval.failed', detail: 'Pinecone refused the API key.' })
  }
  const queries = scenario.pinecone.requests.length
  await call(scenario.app, 'POST /chat', { token: reader.person.token, body: { message: 'vacation' } })
  expect(scenario.pinecone.requests).toHaveLength(queries)

  // A new key is a new connection: it need not wait for the old one's time.
  scenario.pinecone.reset()
  await call(scenario.app, `PATCH /admin/tenants/${reader.id}`, {
    token: scenario.superuser.token,
    body: { pinecone_api_key: key, pinecone_namespace: null },
  })
  expect((await askAbout(reader)).data('sources').mode).toBe('semantic')
})

test('a question that cannot be embedded is told as the state of its connection, too', async () => {
  const reader = await makeReader()
  scenario.model.behave({ on: 'embeddings', status: 401 })
  expect((await askAbout(reader)).data('sources').degraded).toMatchObject({ code: 'model.upstream_error' })
  const state = await eventually(async () => {
    const { body } = await call(scenario.app, `GET /admin/tenants/${reader.id}/overview`, {
      token: scenario.superuser.token,
    })
    return body.connections.find((row: { connection: string }) => row.connection === 'pinecone')
  })
  expect(state).toMatchObject({ code: 'embedding_failed', affected: 1 })
  expect(state.detail).toStartWith('The question could not be embedded.')
})

test('an index that does not answer costs a hybrid question four seconds at most', async () => {
  const reader = await makeReader()
  scenario.pinecone.behave({ stall: true }, { sticky: true })
  const tookMs = await timeOf(askAbout(reader).then((asked) => expect(ways(asked)).toEqual(fallen)))
  expect(tookMs).toBeGreaterThan(3_900)
  expect(tookMs).toBeLessThan(6_000)
}, 15_000)

test('a passage of the own documents that is found by meaning is the stored one; one that was deleted is none', async () => {
  const id = `reader-${(tenants += 1)}`
  await makeTenant(scenario.app, scenario.superuser, id, {
    retrieval: 'semantic',
    pinecone_index: 'kb',
    pinecone_api_key: key,
    pinecone_namespace: 'own',
  })
  const passages = ['😀 Thirty days of vacation.', '💡 The canteen opens at noon.']
  const { documentId, chunkIds } = await addDocument(scenario.sql, { tenant: id, title: 'Handbook', passages })
  const others = await makeReader()
  const foreign = await addDocument(scenario.sql, { tenant: others.id, title: 'Theirs', passages: ['Their secret.'] })
  scenario.pinecone.seed('kb', [
    { namespace: 'own', id: chunkIds[1] ?? '', text: 'The canteen opens at noon. Outdated.' },
    { namespace: 'own', id: Bun.randomUUIDv7(), text: 'The canteen of yore.', metadata: { tenantry: id } },
    // A9: an id of another tenant's passage is only a foreign vector; its row stays closed.
    { namespace: 'own', id: foreign.chunkIds[0] ?? '', text: 'The canteen of others.' },
  ])
  const person = await makeUser(scenario.app, scenario.superuser, { tenant: id })
  const { sources } = (await ask(scenario.app, { token: person.token, message: 'canteen' })).data('sources')
  // The shorter text is nearer to the question.
  expect(sources).toMatchObject([
    { document_id: null, title: null, excerpt: 'The canteen of others.', start: null, end: null },
    {
      document_id: documentId,
      title: 'Handbook',
      excerpt: passages[1],
      start: passages[0]?.length,
      end: passages.join('').length,
    },
  ])
  for (const { excerpt, start, end } of sources) {
    if (start !== null) expect(passages.join('').slice(start, end)).toBe(excerpt)
  }
})
