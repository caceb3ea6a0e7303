import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { call } from '../../support/call.ts'
import { makeDedicatedTenant } from '../../support/dedicated.ts'
import { bringIn, callLibrary, type Library, sendFiles, settled } from '../../support/documents.ts'
import { makeTenant, makeUser, signIn } from '../../support/people.ts'
import { ask, eventually, platformKey, type Scenario, startScenario } from '../../support/scenario.ts'

let scenario: Scenario
let tenants = 0
const pineconeKey = 'pcsk-documents-canary-0123456789'
beforeAll(async () => {
  scenario = await startScenario()
  scenario.pinecone.addIndex({ name: 'knowledge', apiKey: pineconeKey })
})
afterAll(() => scenario.stop())

async function openLibrary(settings: Record<string, unknown> = {}): Promise<Library> {
  const tenant = await makeTenant(scenario.app, scenario.superuser, `library-${(tenants += 1)}`, settings)
  return { app: scenario.app, manager: scenario.superuser, tenant }
}
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

describe('documents of a tenant', () => {
  test('the same file is told, not doubled, whoever sends it how often; another tenant may have it, too', async () => {
    const [library, other] = [await openLibrary(), await openLibrary()]
    const file = { name: 'rules.md', content: '# Rules\n\nNo running in the halls.' }
    const first = await sendFiles(library, [file])
    expect(first.status).toBe(202)
    const again = await Promise.all(Array.from({ length: 5 }, () => sendFiles(library, [{ ...file, name: 'copy.md' }])))
    for (const { status, body } of again) {
      expect([status, body.code, body.document.id]).toEqual([409, 'document.duplicate', first.body.id])
    }
    expect((await callLibrary(library, 'GET /documents')).body.items).toHaveLength(1)
    expect((await sendFiles(other, [file])).status).toBe(202)
  })

  test('an Idempotency-Key gets the first answer again, and with another file 422', async () => {
    const library = await openLibrary()
    const headers = { 'idempotency-key': `upload-${library.tenant}` }
    const file = { name: 'once.md', content: 'Sent twice, taken once.' }
    const first = await sendFiles(library, [file], { headers })
    const again = await sendFiles(library, [file], { headers })
    expect([again.status, again.body.id]).toEqual([202, first.body.id])
    const other = await sendFiles(library, [{ name: 'once.md', content: 'Another text.' }], { headers })
    expect([other.status, other.body.code]).toEqual([422, 'idempotency.mismatch'])
  })

  test('of many files at once each has its own outcome', async () => {
    const library = await openLibrary()
    const files = Array.from({ length: 6 }, (_, at) => ({ name: `part ${at}.txt`, content: `This is part ${at}.` }))
    const sent = await sendFiles(library, [...files, { name: 'photo.png', content: 'no photo' }])
    expect(sent.status).toBe(202)
    expect(sent.body.items).toHaveLength(7)
    expect(sent.body.items[6]).toMatchObject({ file_name: 'photo.png', document: null })
    expect(sent.body.items[6].problem.code).toBe('document.unsupported_type')
    for (const item of sent.body.items.slice(0, 6)) await settled(library, item.document.id)
    const tooMany = Array.from({ length: 21 }, (_, at) => ({ name: `${at}.txt`, content: `${at}` }))
    expect((await sendFiles(library, tooMany)).body.errors[0].path).toBe('file')
  })

  test('are listed by title, state and words, page by page, with how many there are', async () => {
    const library = await openLibrary()
    for (const name of ['b.txt', 'a.txt', 'c.txt']) await bringIn(library, { name, content: `The file ${name}.` })
    await bringIn(library, { name: 'broken.pdf', content: '%PDF-1.4 no PDF' })
    const titles = async (query: string): Promise<string[]> =>
      (await callLibrary(library, `GET /documents?${query}`)).body.items.map((item: { title: string }) => item.title)
    expect(await titles('')).toEqual(['broken', 'c', 'a', 'b'])
    expect(await titles('sort=title&status=ready')).toEqual(['a', 'b', 'c'])
    expect(await titles('q=BROK')).toEqual(['broken'])
    const first = await callLibrary(library, 'GET /documents?limit=3&sort=title&include=counts')
    expect(first.body.counts).toMatchObject({ queued: 0, processing: 0, ready: 3, failed: 1, chunks: 3 })
    expect(await titles(`limit=3&sort=title&cursor=${first.body.next_cursor}`)).toEqual(['c'])
  })

  test('a replaced file is what is found and downloaded; one that cannot be read leaves what was found before', async () => {
    const library = await openLibrary()
    const document = await bringIn(library, { name: 'price.txt', content: 'The price is nine.' })
    const replaced = await sendFiles(library, [{ name: 'price-2.txt', content: 'The price is twelve.' }], {
      replacing: document.id,
    })
    expect([replaced.status, replaced.body.id, replaced.body.title]).toEqual([202, document.id, 'price'])
    expect(await settled(library, document.id)).toMatchObject({ status: 'ready', file_name: 'price-2.txt', chunks: 1 })
    const text = (): Promise<string> =>
      callLibrary(library, `GET /documents/${document.id}/content`).then((reply) => reply.text)
    expect(await text()).toBe('The price is twelve.')
    await sendFiles(library, [{ name: 'price.pdf', content: '%PDF-1.4 broken' }], { replacing: document.id })
    const failed = await settled(library, document.id)
    expect([failed.status, failed.error.code]).toEqual(['failed', 'document.unreadable'])
    expect(failed.error.detail).toContain('the version before')
    expect(await text()).toBe('The price is twelve.')
    const user = await makeUser(scenario.app, scenario.superuser, { tenant: library.tenant })
    scenario.model.behave({ deltas: ['Twelve [1].'] })
    const asked = await ask(scenario.app, { token: user.token, message: 'What is the price?' })
    expect(asked.data('sources').sources[0].excerpt).toBe('The price is twelve.')
  })

  test('every change is in the audit log, before and after, without a word of what is in the documents', async () => {
    const library = await openLibrary()
    const document = await bringIn(library, { name: 'canary-title.txt', content: 'canary-content' })
    await callLibrary(library, `POST /documents/${document.id}/retry`)
    await callLibrary(library, `DELETE /documents/${document.id}`)
    const rows = await scenario.sql<{ action: string; line: string }[]>`
      select action, a::text as line from audit_log a where tenant_id = ${library.tenant} and action like 'document.%'
      order by at, id`
    expect(rows.map(({ action }) => action)).toEqual([
      'document.created.attempted',
      'document.created',
      'document.retried.attempted',
      'document.retried',
      'document.deleted.attempted',
      'document.deleted',
    ])
    expect(rows.map(({ line }) => line).join()).not.toContain('canary')
  })

  test('are managers’ to see: not a tenant’s users, nor another owner; a foreign document is as missing as none (A9)', async () => {
    const [mine, other] = [await openLibrary(), await openLibrary()]
    const document = await bringIn(other, { name: 'theirs.txt', content: 'Of somebody else.' })
    const user = await makeUser(scenario.app, scenario.superuser, { tenant: mine.tenant })
    expect((await callLibrary({ ...mine, manager: user }, 'GET /documents')).status).toBe(403)
    for (const route of ['GET /documents/', 'DELETE /documents/', 'GET /documents/']) {
      const foreign = await callLibrary(mine, `${route}${document.id}`)
      const missing = await callLibrary(mine, `${route}${crypto.randomUUID()}`)
      expect([foreign.status, foreign.body.code]).toEqual([404, 'document.not_found'])
      expect([missing.status, missing.body.detail]).toEqual([404, foreign.body.detail])
    }
    expect((await callLibrary(mine, `POST /documents/${document.id}/retry`)).status).toBe(404)
    expect((await callLibrary(mine, `GET /documents/${document.id}/content`)).status).toBe(404)
    expect((await callLibrary(mine, 'GET /documents/no-uuid')).body.code).toBe('document.not_found')
  })

  test('live in a dedicated database just the same, and jobs find them there', async () => {
    const made = await makeDedicatedTenant(scenario.app, scenario.superuser, 'library-dedicated')
    const library = { app: scenario.app, manager: scenario.superuser, tenant: made.id }
    const document = await bringIn(library, { name: 'own.md', content: '# Own\n\nIn a database of its own.' })
    expect(document).toMatchObject({ status: 'ready', chunks: 1 })
    expect(await scenario.sql`select from tenant.documents where id = ${document.id}`).toHaveLength(0)
    expect((await callLibrary(library, `GET /documents/${document.id}/content`)).text).toContain('of its own')
  }, 60_000)
})

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

describe('from an address', () => {
  test('C1: a page is fetched by the guarded fetch; its title and text become a document', async () => {
    const page = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: (request) => {
        const { pathname } = new URL(request.url)
        if (pathname === '/moved') return Response.redirect('/hours', 302)
        if (pathname === '/gone') return new Response('gone', { status: 410 })
        if (pathname === '/photo') return new Response('x', { headers: { 'content-type': 'image/png' } })
        return new Response('<title>Opening hours</title><h1>Hours</h1><p>We open at nine.</p>', {
          headers: { 'content-type': 'text/html; charset=utf-8' },
        })
      },
    })
    try {
      const library = await openLibrary()
      const from = (url: string) => callLibrary(library, 'POST /documents', { url })
      const made = await from(`${page.url.origin}/hours`)
      expect([made.status, made.body.source, made.body.kind]).toEqual([202, 'url', 'html'])
      const document = await settled(library, made.body.id)
      expect(document).toMatchObject({ status: 'ready', title: 'Opening hours', url: `${page.url.origin}/hours` })
      expect((await from(`${page.url.origin}/moved`)).body.code).toBe('document.page_failed')
      expect((await from(`${page.url.origin}/gone`)).body.detail).toContain('410')
      expect((await from(`${page.url.origin}/photo`)).body.code).toBe('document.unsupported_type')
    } finally {
      await page.stop(true)
    }
  })

  test.each([
    'file:///etc/passwd',
    'http://169.254.169.254/latest',
    'http://user:pw@example.com/',
    'data:text/plain,x',
    'no address',
  ])('C1: %s is refused before anything is fetched', async (url) => {
    const library = await openLibrary()
    const refused = await callLibrary(library, 'POST /documents', { url })
    expect([refused.status, refused.body.code]).toEqual([422, 'egress.address_refused'])
    expect(refused.body.errors[0].path).toBe('url')
  })
})

test('an owner manages the documents of the own organization', async () => {
  const owner = await makeUser(scenario.app, scenario.superuser, { is_owner: true })
  const tenant = await makeTenant(scenario.app, scenario.superuser, 'owned', { owner_id: owner.id })
  const manager = await signIn(scenario.app, owner.email)
  const document = await bringIn({ app: scenario.app, manager, tenant }, { name: 'mine.txt', content: 'Mine.' })
  expect(document.status).toBe('ready')
  expect(platformKey).not.toBe('')
})
