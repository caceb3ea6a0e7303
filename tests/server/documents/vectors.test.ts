import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { call } from '../../support/call.ts'
import { bringIn, callLibrary, type Library, makeLibrary, sendFiles, settled } from '../../support/documents.ts'
import { eventually, type Scenario, startScenario } from '../../support/scenario.ts'

let scenario: Scenario
const pineconeKey = 'pcsk-documents-canary-0123456789'

beforeAll(async () => {
  scenario = await startScenario()
  scenario.pinecone.addIndex({ name: 'knowledge', apiKey: pineconeKey })
})
afterAll(() => scenario.stop())

const openLibrary = (settings?: Record<string, unknown>) => makeLibrary(scenario, settings)
const withIndex = (namespace: string): Record<string, unknown> => ({
  pinecone_index: 'knowledge',
  pinecone_api_key: pineconeKey,
  pinecone_namespace: namespace,
})
const purge = ({ tenant }: Library) =>
  call(scenario.app, `DELETE /admin/tenants/${tenant}?purge=true`, {
    token: scenario.superuser.token,
    headers: { 'x-confirm': tenant },
  })
const longText = (word: string, paragraphs: number): string =>
  Array.from({ length: paragraphs }, (_, at) => `${word} ${at}: ${'Nothing else is said here. '.repeat(30)}`).join(
    '\n\n',
  )

describe('with an index', () => {
  test('every passage gets one vector with its place, counted as ingestion; deletion removes them all', async () => {
    const library = await openLibrary(withIndex('vectors'))
    const document = await bringIn(library, { name: 'long.txt', content: longText('Paragraph', 90) })
    expect(document).toMatchObject({ status: 'ready', stage: null, error: null })
    expect(document.chunks).toBeGreaterThan(80)
    expect(document.embedded).toBe(document.chunks)
    expect(scenario.pinecone.count('knowledge', 'vectors')).toBe(document.chunks)
    const calls = await scenario.sql<
      { source: string; purpose: string; status: string; tokens: number; cost: string }[]
    >`
      select source, purpose, status, prompt_tokens as tokens, cost_micro_usd as cost from usage_ledger
      where tenant_id = ${library.tenant}`
    expect(calls.length).toBe(Math.ceil(document.chunks / 40))
    for (const call of calls) {
      expect(call).toMatchObject({ source: 'ingestion', purpose: 'embedding', status: 'completed' })
      expect(call.tokens).toBeGreaterThan(0)
    }
    const [chunk] = await scenario.sql<{ id: string; start: number; end: number; text: string }[]>`
      select id, start_offset as start, end_offset as end, text from tenant.chunks
      where document_id = ${document.id} and position = 7`
    const upserts = scenario.pinecone.requests.filter(({ path }) => path.endsWith('/vectors/upsert'))
    const vectors = upserts.flatMap(({ body }) => (body as { vectors: { id: string; metadata: object }[] }).vectors)
    expect(vectors.find(({ id }) => id === chunk?.id)?.metadata).toEqual({
      tenantry: library.tenant,
      document_id: document.id,
      title: 'long',
      start: chunk?.start,
      end: chunk?.end,
      text: chunk?.text,
    })
    await callLibrary(library, `DELETE /documents/${document.id}`)
    await eventually(() => scenario.pinecone.count('knowledge', 'vectors') === 0)
  })

  test.each(['pooled', 'dedicated'])(
    'a purge of a %s tenant takes its vectors, too, and no other ones',
    async (isolation) => {
      const library = await openLibrary({ ...withIndex(`purged-${isolation}`), isolation })
      const document = await bringIn(library, { name: 'a.txt', content: longText('Gone', 12) })
      const stays = await openLibrary(withIndex(`stays-${isolation}`))
      const kept = await bringIn(stays, { name: 'a.txt', content: longText('Stays', 3) })
      const receipt = await purge(library)
      expect(receipt.body).toMatchObject({ deleted: { vectors: document.chunks }, vectors_left: 0 })
      expect(scenario.pinecone.count('knowledge', `purged-${isolation}`)).toBe(0)
      expect(scenario.pinecone.count('knowledge', `stays-${isolation}`)).toBe(kept.chunks)
    },
  )

  test('a purge is not held up by an index that refuses: the receipt counts what is left there', async () => {
    const library = await openLibrary(withIndex('refused'))
    const document = await bringIn(library, { name: 'a.txt', content: longText('Left', 3) })
    await call(scenario.app, `PATCH /admin/tenants/${library.tenant}`, {
      token: scenario.superuser.token,
      body: { pinecone_api_key: 'pcsk-revoked-since-then-0123456789' },
    })
    const receipt = await purge(library)
    expect(receipt.body).toMatchObject({ deleted: { vectors: 0, documents: 1 }, vectors_left: document.chunks })
  })

  test('a replaced document leaves no vector of its former text', async () => {
    const library = await openLibrary(withIndex('replaced'))
    const document = await bringIn(library, { name: 'a.txt', content: longText('Former', 30) })
    await sendFiles(library, [{ name: 'a.txt', content: 'The latter is short.' }], { replacing: document.id })
    const now = await settled(library, document.id)
    expect([now.status, now.chunks, now.embedded]).toEqual(['ready', 1, 1])
    await eventually(() => scenario.pinecone.count('knowledge', 'replaced') === 1)
  })

  test('Pinecone failing is waited for, told with what to do, and made up for', async () => {
    const library = await openLibrary(withIndex('failing'))
    scenario.pinecone.behave({ on: 'data', status: 503 }, { sticky: true })
    try {
      const sent = await sendFiles(library, [{ name: 'late.txt', content: 'It comes late.' }])
      const waiting = await eventually(async () => {
        const { body } = await callLibrary(library, `GET /documents/${sent.body.id}`)
        return body.stage === 'waiting' && body
      }, 20_000)
      expect(waiting).toMatchObject({ status: 'processing', chunks: 1, embedded: 0 })
      expect(waiting.error).toMatchObject({
        code: 'retrieval.failed',
        remedy: expect.stringContaining('Keyword search'),
      })
      expect(Date.parse(waiting.error.retry_at)).toBeGreaterThan(Date.now())
      scenario.pinecone.behave({}, { sticky: true })
      await callLibrary(library, `POST /documents/${sent.body.id}/retry`)
      expect(await settled(library, sent.body.id)).toMatchObject({ status: 'ready', embedded: 1, error: null })
    } finally {
      scenario.pinecone.behave({}, { sticky: true })
    }
  }, 60_000)

  test('a refused key fails at once and says so; what was read stays found by its words', async () => {
    const library = await openLibrary({ ...withIndex('refused'), pinecone_api_key: 'pcsk-wrong-0123456789' })
    const document = await bringIn(library, { name: 'known.txt', content: 'The lighthouse is red.' })
    expect(document).toMatchObject({ status: 'failed', chunks: 1, embedded: 0 })
    expect(document.error).toMatchObject({ code: 'retrieval.failed', retry_at: null })
    expect(document.error.remedy).toContain('Enter a valid key')
    const found = await scenario.sql`select from tenant.chunks where document_id = ${document.id}`
    expect(found).toHaveLength(1)
    await callLibrary(library, `DELETE /documents/${document.id}`)
  })

  test('E4: an index of another dimension is told with both numbers', async () => {
    scenario.pinecone.addIndex({ name: 'narrow', apiKey: pineconeKey, dimension: 768 })
    const library = await openLibrary({ ...withIndex(''), pinecone_index: 'narrow' })
    const document = await bringIn(library, { name: 'wide.txt', content: 'Vectors of 1,536 dimensions.' })
    expect(document.error).toMatchObject({ code: 'document.dimension_mismatch', retry_at: null })
    expect(document.error.detail).toContain('768')
    expect(document.error.detail).toContain('1536')
  })

  test('when an index is set up later, trying again embeds what is there', async () => {
    const library = await openLibrary()
    const document = await bringIn(library, { name: 'first.txt', content: 'Known before the index was.' })
    expect([document.status, document.embedded]).toEqual(['ready', 0])
    const { app, manager, tenant } = library
    const changed = await fetch(`${app.url}/admin/tenants/${tenant}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${manager.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(withIndex('later')),
    })
    expect(changed.status).toBe(200)
    await callLibrary(library, `POST /documents/${document.id}/retry`)
    expect(await settled(library, document.id)).toMatchObject({ status: 'ready', embedded: 1 })
    expect(scenario.pinecone.count('knowledge', 'later')).toBe(1)
  })
})
