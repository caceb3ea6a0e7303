import { afterAll, beforeAll, expect, test } from 'bun:test'
import { bringIn, callLibrary, type Library, sendFiles, settled } from '../../support/documents.ts'
import { makeDocx, makePdf, makeZip } from '../../support/make-files.ts'
import { makeTenant, makeUser } from '../../support/people.ts'
import { ask, type Scenario, startScenario } from '../../support/scenario.ts'

let scenario: Scenario
let library: Library
beforeAll(async () => {
  scenario = await startScenario({ env: { OPENAI_API_KEY: '' } })
  const tenant = await makeTenant(scenario.app, scenario.superuser, 'reader')
  library = { app: scenario.app, manager: scenario.superuser, tenant }
})
afterAll(() => scenario.stop())

const textOf = async (id: string): Promise<string> => (await callLibrary(library, `GET /documents/${id}/content`)).text
const chunksOf = (id: string) =>
  scenario.sql<{ id: string; text: string; start: number; end: number; heading: string | null }[]>`
    select id, text, start_offset as start, end_offset as end, heading from tenant.chunks
    where tenant_id = ${library.tenant} and document_id = ${id} order by position`

const handbook = [
  '# Handbook',
  'Everybody 🙂 reads it.',
  '## Parental leave',
  'Parents have fourteen weeks of leave after a birth.',
  '## Travel',
  'Trains are booked by the office.',
]

test.each([
  ['text', 'handbook.txt', handbook.join('\n\n')],
  ['markdown', 'handbook.md', handbook.join('\n\n')],
  [
    'html',
    'handbook.html',
    '<html><head><title>Hidden</title><style>p{}</style></head><body><nav>Menu</nav><h1>Handbook</h1><p>Everybody 🙂 reads it.</p><h2>Parental leave</h2><p>Parents have fourteen <b>weeks</b> of leave after a birth.</p><script>alert(1)</script></body></html>',
  ],
  ['docx', 'handbook.docx', makeDocx(handbook)],
  [
    'pdf',
    'handbook.pdf',
    makePdf([['Handbook'], ['Parental leave', 'Parents have fourteen weeks of leave after a birth.']]),
  ],
] as const)('a %s is read, split where its text stands, and found', async (kind, name, content) => {
  const document = await bringIn(library, { name, content: new Uint8Array(Buffer.from(content)) })
  expect(document).toMatchObject({
    status: 'ready',
    kind,
    title: 'handbook',
    file_name: name,
    error: null,
    stage: null,
  })
  const text = await textOf(document.id)
  expect(text).toContain('Parents have fourteen')
  expect(text).not.toContain('alert')
  expect(text).not.toContain('Menu')
  expect(text.length).toBe(document.text_length)
  const chunks = await chunksOf(document.id)
  expect(chunks).toHaveLength(document.chunks)
  for (const chunk of chunks) expect(text.slice(chunk.start, chunk.end)).toBe(chunk.text)
  const [stored] = await scenario.sql`select language from tenant.documents where id = ${document.id}`
  expect(stored?.language).toBe('english')
  const leave = chunks.find((chunk) => chunk.text.includes('fourteen'))
  const heading = { text: null, pdf: 'Page 2' }[kind as string]
  expect(leave?.heading).toBe(heading === undefined ? 'Handbook › Parental leave' : heading)
  const original = await fetch(
    `${library.app.url}/admin/tenants/${library.tenant}/documents/${document.id}/content?original=true`,
    { headers: { authorization: `Bearer ${library.manager.token}` } },
  )
  expect(Buffer.from(await original.arrayBuffer()).equals(Buffer.from(content))).toBe(true)
  expect(original.headers.get('content-disposition')).toBe(`attachment; filename="${name}"; filename*=UTF-8''${name}`)
  expect(original.headers.get('x-content-type-options')).toBe('nosniff')
  expect((await callLibrary(library, `DELETE /documents/${document.id}`)).status).toBe(204)
  expect(await chunksOf(document.id)).toHaveLength(0)
})

test('an uploaded PDF gives a cited answer without any key, and its citation is where the text says so', async () => {
  const tenant = await makeTenant(scenario.app, scenario.superuser, 'cited')
  const here = { ...library, tenant }
  const pages = Array.from({ length: 5 }, (_, page) => [`This is page ${page} about something else.`])
  pages[3] = ['The canteen opens', 'at half past eleven on Tuesdays.']
  const document = await bringIn(here, { name: 'Canteen rules.pdf', content: new Uint8Array(makePdf(pages)) })
  const user = await makeUser(scenario.app, scenario.superuser, { tenant })
  const asked = await ask(scenario.app, { token: user.token, message: 'When does the canteen open?' })
  const [source] = asked.data('sources').sources
  expect(source).toMatchObject({ document_id: document.id, title: 'Canteen rules' })
  expect(asked.data('done').cited).toContain(1)
  const text = await callLibrary(here, `GET /documents/${document.id}/content`)
  expect(text.text.slice(source.start, source.end)).toContain('at half past eleven')
  const stretch = await callLibrary(here, `GET /documents/${document.id}/content?from=${source.start}&to=${source.end}`)
  expect(stretch.text).toBe(text.text.slice(source.start, source.end))
})

test('a pasted text becomes a document, NUL and all', async () => {
  const refused = await callLibrary(library, 'POST /documents', { title: 'Note', text: 'NUL\u0000' })
  expect([refused.status, refused.body.code]).toEqual([422, 'request.invalid'])
  const made = await callLibrary(library, 'POST /documents', { title: 'Note', text: '# Note\n\nThe code is 4711.' })
  expect([made.status, made.body.source, made.body.file_name]).toEqual([202, 'text', null])
  expect(await settled(library, made.body.id)).toMatchObject({ status: 'ready', chunks: 1, title: 'Note' })
  const odd = await bringIn(library, { name: 'odd.txt', content: 'Before\u0000 and after the NUL.' })
  expect(odd.status).toBe('ready')
  expect(await textOf(odd.id)).toBe('Before and after the NUL.')
  const wide = await bringIn(library, {
    name: 'wide.txt',
    content: new Uint8Array(Buffer.from('Grüße aus Zürich, in UTF-16', 'utf16le')),
  })
  expect(await textOf(wide.id)).toBe('Grüße aus Zürich, in UTF-16')
})

test('E4: 400,000 characters without a space are cut into passages that together are the text', async () => {
  const content = 'ab🙂'.repeat(100_000)
  const document = await bringIn(library, { name: 'endless.txt', content })
  expect(document.status).toBe('ready')
  const chunks = await chunksOf(document.id)
  expect(chunks.map(({ text }) => text).join('')).toBe(content)
  expect(chunks.every(({ text }) => text.length <= 1_200 && text.isWellFormed())).toBe(true)
})

test.each([
  ['a zip that says it is a PDF', 'a.pdf', makeZip([{ name: 'x', content: 'y' }]), 415, 'document.type_mismatch'],
  ['a PDF that says it is a text', 'a.txt', makePdf([['x']]), 415, 'document.type_mismatch'],
  [
    'a zip that says it is a Word document',
    'a.docx',
    makeZip([{ name: 'x', content: 'y' }]),
    415,
    'document.type_mismatch',
  ],
  ['a program', 'a.exe', Buffer.from('MZ…'), 415, 'document.unsupported_type'],
  ['an empty file', 'empty.md', Buffer.from(''), 422, 'document.empty'],
  ['a text of blanks', 'blank.txt', Buffer.from(' \n\t\n '), 422, 'document.empty'],
  ['a text that nobody sees', 'unseen.md', Buffer.from('\ufeff\u00a0\u200b\n'), 422, 'document.empty'],
  [
    'a zip bomb',
    'bomb.docx',
    makeDocx(['x'], [{ name: 'word/media/a.xml', content: Buffer.alloc(250 * 1024 * 1024) }]),
    422,
    'document.too_complex',
  ],
  ['a cut-off Word document', 'cut.docx', makeDocx(['Some text']).subarray(0, 400), 422, 'document.unreadable'],
] as const)('E4: %s is refused at once', async (_title, name, content, status, code) => {
  const startedMs = performance.now()
  const sent = await sendFiles(library, [{ name, content: new Uint8Array(content) }])
  expect([sent.status, sent.body.code]).toEqual([status, code])
  expect(sent.body.detail).toContain(name)
  expect(performance.now() - startedMs).toBeLessThan(2_000)
})

test('a pasted text without a visible character is refused at once', async () => {
  for (const text of ['  ', '\n\u200b\u00a0\n']) {
    const sent = await callLibrary(library, 'POST /documents', { title: 'Notes', text })
    expect([sent.status, sent.body.code]).toEqual([422, 'document.empty'])
    expect(sent.body.detail).toBe('There is nothing in the text but spaces.')
  }
})

test.each([
  ['an encrypted PDF', 'secret.pdf', makePdf([['x']], { encrypted: true }), 'document.encrypted'],
  ['a broken PDF', 'broken.pdf', Buffer.from('%PDF-1.7\nnothing of a PDF follows'), 'document.unreadable'],
  ['a scanned PDF', 'scan.pdf', makePdf([[], []]), 'document.no_text'],
  ['a PDF bomb', 'bomb.pdf', makePdf([['x']], { bombBytes: 1_200_000_000 }), 'document.too_complex'],
  [
    'a zip bomb that lies about its size',
    'liar.docx',
    makeDocx(['x'], [{ name: 'word/styles.xml', content: Buffer.alloc(1_200_000_000, 0x20), claimedBytes: 10 }]),
    'document.too_complex',
  ],
  ['a page without a text', 'blank.html', Buffer.from('<html><body> </body></html>'), 'document.empty'],
  [
    'binary data that says it is a text',
    'bytes.txt',
    Buffer.from(Array.from({ length: 4_000 }, (_, at) => at % 32)),
    'document.type_mismatch',
  ],
] as const)(
  'E4: %s fails with what to do about it, and costs the server no memory',
  async (_title, name, content, code) => {
    const memoryBefore = process.memoryUsage.rss()
    const document = await bringIn(library, { name, content: new Uint8Array(content) })
    expect(document).toMatchObject({ status: 'failed', stage: null, chunks: 0 })
    expect(document.error).toEqual({
      code,
      detail: expect.stringMatching(/^[A-Z].+\.$/),
      remedy: expect.stringMatching(/^[A-Z].+\.$/),
      retry_at: null,
    })
    expect(process.memoryUsage.rss() - memoryBefore).toBeLessThan(100 * 1024 * 1024)
    const text = await callLibrary(library, `GET /documents/${document.id}/content`)
    expect([text.status, text.body.code]).toEqual([409, 'document.not_ready'])
  },
  60_000,
)
