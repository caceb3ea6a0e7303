import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { makeTenant, makeUser } from '../../support/people.ts'
import { ask, type Asked, chatsSentTo, platformKey, type Scenario, startScenario } from '../../support/scenario.ts'

let scenario: Scenario
let tenants = 0
const pineconeKey = 'pcsk-tenant-canary-0123456789'
const manual = [
  {
    id: 'warranty',
    text: 'The warranty of the bicycle lasts seven years.',
    metadata: { title: 'Warranty', lang: 'en' },
  },
  { id: 'brakes', text: 'The bicycle brakes need oil in winter.', metadata: { source: 'brakes.md', lang: 'en' } },
  {
    id: 'garantie',
    text: 'Die Garantie gilt sieben Jahre, warranty.',
    metadata: { url: 'https://x.example', lang: 'de' },
  },
]

beforeAll(async () => {
  scenario = await startScenario()
  scenario.pinecone.addIndex({ name: 'manual', apiKey: pineconeKey })
  scenario.pinecone.seed('manual', manual)
  scenario.pinecone.seed('manual', [{ namespace: 'other', id: 'secret', text: 'The warranty of the other namespace.' }])
})
beforeEach(() => {
  scenario.model.reset()
  scenario.pinecone.reset()
})
afterAll(() => scenario.stop())

async function askAs(settings: Record<string, unknown>, message = 'How long is the warranty?'): Promise<Asked> {
  const id = `reader-${(tenants += 1)}`
  const base = { retrieval: 'semantic', pinecone_index: 'manual', pinecone_api_key: pineconeKey }
  await makeTenant(scenario.app, scenario.superuser, id, { ...base, ...settings })
  const user = await makeUser(scenario.app, scenario.superuser, { tenant: id })
  return ask(scenario.app, { token: user.token, message })
}

const idsOf = (asked: Asked): string[] =>
  asked.data('sources').sources.map((source: { chunk_id: string }) => source.chunk_id)
const query = (): { topK: number; namespace: string; filter?: unknown } =>
  scenario.pinecone.requests.find(({ path }) => path.endsWith('/query'))?.body as ReturnType<typeof query>

describe('semantic retrieval from an index that others filled', () => {
  test('gives sources to the letter, puts their text into the prompt, and cites what was used', async () => {
    scenario.model.behave({ deltas: ['Seven years [', '1', '], not ten [', '9].'], delayMs: 5 })
    const asked = await askAs({})
    expect(asked.events[1]?.event).toBe('sources')
    const { sources, mode, degraded } = asked.data('sources')
    expect([mode, degraded]).toEqual(['semantic', null])
    expect(sources.map((source: { n: number }) => source.n)).toEqual([1, 2, 3])
    expect(sources[0]).toEqual({
      n: 1,
      document_id: null,
      chunk_id: 'warranty',
      title: 'Warranty',
      url: null,
      excerpt: manual[0]?.text,
      start: null,
      end: null,
      score: expect.any(Number),
    })
    expect(sources.find((source: { chunk_id: string }) => source.chunk_id === 'garantie').url).toBe('https://x.example')
    expect(sources.find((source: { chunk_id: string }) => source.chunk_id === 'brakes').title).toBe('brakes.md')
    const [system] = chatsSentTo(scenario.model)[0]!.body.messages
    expect(system?.content).toContain(`[1] Warranty\n${manual[0]?.text}`)
    expect(asked.text).toBe('Seven years [1], not ten.')
    expect(asked.data('done').cited).toEqual([1])
  })

  test('embeds with the platform’s key without an own one, at the platform’s address, and counts it', async () => {
    await askAs({})
    const embedding = scenario.model.requests.find(({ path }) => path.endsWith('/embeddings'))
    expect(embedding?.headers.authorization).toBe(`Bearer ${platformKey}`)
    expect(embedding?.body).toMatchObject({ model: 'text-embedding-3-small', input: ['How long is the warranty?'] })
    const rows = await scenario.sql`
      select purpose, status, provider, model, prompt_tokens, completion_tokens, cost_micro_usd::int as cost
      from usage_ledger where tenant_id = ${`reader-${tenants}`} order by created_at`
    expect(rows.map((row) => ({ ...row }))).toEqual([
      {
        purpose: 'embedding',
        status: 'completed',
        provider: 'openai',
        model: 'text-embedding-3-small',
        prompt_tokens: 7,
        completion_tokens: 0,
        cost: 1,
      },
      expect.objectContaining({ purpose: 'chat', status: 'completed' }),
    ])
  })

  test('embeds with the tenant’s own key when it has one', async () => {
    await askAs({ model_api_key: 'sk-tenant-canary-0123456789' })
    const keys = scenario.model.requests.map(({ headers }) => headers.authorization)
    expect(keys).toEqual(['Bearer sk-tenant-canary-0123456789', 'Bearer sk-tenant-canary-0123456789'])
  })

  test('takes the text from the field that the tenant names; vectors without it are no source', async () => {
    scenario.pinecone.addIndex({ name: 'foreign', apiKey: pineconeKey })
    scenario.pinecone.seed('foreign', [
      { id: 'page', text: 'A warranty page.', textField: 'page_content' },
      { id: 'image', text: 'A warranty image.', textField: 'caption' },
    ])
    const asked = await askAs({ pinecone_index: 'foreign', pinecone_text_field: 'page_content' })
    expect(idsOf(asked)).toEqual(['page'])
    expect(asked.data('sources').sources[0].excerpt).toBe('A warranty page.')
  })

  test('asks only in the tenant’s namespace', async () => {
    expect(idsOf(await askAs({ pinecone_namespace: 'other' }))).toEqual(['secret'])
    expect(query().namespace).toBe('other')
    expect(idsOf(await askAs({ pinecone_namespace: '' }))).not.toContain('secret')
  })

  test('applies the metadata filter, the number of passages and the lowest score', async () => {
    expect(idsOf(await askAs({ retrieval_filter: { lang: { $eq: 'de' } } }))).toEqual(['garantie'])
    scenario.pinecone.reset()
    expect(idsOf(await askAs({ retrieval_top_k: 1 }))).toEqual(['warranty'])
    expect(query()).toMatchObject({ topK: 1 })
    expect(query()).not.toHaveProperty('filter')
    const scored = (await askAs({})).data('sources').sources.map((source: { score: number }) => source.score)
    const scoreMin = (scored[0] + scored[1]) / 2
    expect(idsOf(await askAs({ retrieval_score_min: scoreMin }))).toEqual(['warranty'])
    expect(idsOf(await askAs({ retrieval_score_min: 1.1 }))).toEqual([])
  })

  test('no answer and no log line holds the key', async () => {
    const asked = await askAs({})
    const seen = JSON.stringify(asked.events) + scenario.app.logLines.join('\n')
    expect(seen).not.toContain(pineconeKey)
  })
})
