import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { makeDedicatedTenant } from '../../support/dedicated.ts'
import { bringIn, callLibrary, makeLibrary, sendFiles, settled } from '../../support/documents.ts'
import { makeTenant, makeUser, signIn } from '../../support/people.ts'
import { ask, type Scenario, startScenario } from '../../support/scenario.ts'

let scenario: Scenario

beforeAll(async () => {
  scenario = await startScenario()
})
afterAll(() => scenario.stop())

const openLibrary = () => makeLibrary(scenario)

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
})
