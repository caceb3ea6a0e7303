import { afterAll, beforeAll, expect, test } from 'bun:test'
import { bringIn, callLibrary } from '../../support/documents.ts'
import { makeTenant, makeUser } from '../../support/people.ts'
import { ask, eventually, type Scenario, startScenario } from '../../support/scenario.ts'

let scenario: Scenario
const key = 'pcsk-tenant-canary-0123456789'
const handbook = [
  '# Handbook 😀',
  'About the company, its people and 漢字.',
  '## Vacation',
  'Each employee has thirty days of vacation 😀 a year. What is left expires at the end of March.',
  '## Canteen',
  'The canteen opens at noon; the soup is free.',
].join('\n\n')

beforeAll(async () => {
  scenario = await startScenario()
  scenario.pinecone.addIndex({ name: 'kb', apiKey: key })
})
afterAll(() => scenario.stop())

async function upload(tenant: string): Promise<string> {
  const library = { app: scenario.app, manager: scenario.superuser, tenant }
  const content = new Uint8Array(Buffer.from(handbook))
  const document = await bringIn(library, { name: 'handbook.md', content })
  expect(document.status).toBe('ready')
  return document.id
}

test.each(['keyword', 'semantic', 'hybrid'])(
  'an uploaded document is cited by %s search, and the citation is exactly what stands there in its text',
  async (retrieval) => {
    const { app, superuser, model } = scenario
    const tenant = `uploads-${retrieval}`
    await makeTenant(app, superuser, tenant, {
      retrieval,
      retrieval_top_k: 3,
      pinecone_index: 'kb',
      pinecone_api_key: key,
      pinecone_namespace: tenant,
    })
    const documentId = await upload(tenant)
    const user = await makeUser(app, superuser, { tenant })
    model.behave({ deltas: ['Thirty days [', '1], not ten [7', '].'] })
    const asked = await ask(app, { token: user.token, message: 'How many days of vacation do I have in a year?' })
    expect(asked.text).toBe('Thirty days [1], not ten.')
    expect(asked.data('done').cited).toEqual([1])
    const { sources, mode, degraded } = asked.data('sources')
    expect([mode, degraded]).toEqual([retrieval, null])
    expect(sources[0]).toMatchObject({ n: 1, document_id: documentId })
    expect(sources[0].excerpt).toContain('thirty days of vacation 😀 a year')
    const { text } = await callLibrary({ app, manager: superuser, tenant }, `GET /documents/${documentId}/content`)
    for (const { excerpt, start, end } of sources) expect(text.slice(start, end)).toBe(excerpt)
  },
  60_000,
)

test('a document that was deleted is not cited any more, though its vectors are still in the index', async () => {
  const { app, superuser, pinecone } = scenario
  const tenant = 'deleted'
  const settings = { retrieval: 'semantic', pinecone_index: 'kb', pinecone_api_key: key, pinecone_namespace: tenant }
  await makeTenant(app, superuser, tenant, settings)
  const documentId = await upload(tenant)
  await eventually(() => pinecone.count('kb', tenant) > 0)
  const left = pinecone.count('kb', tenant)
  // By SQL, so that nobody has told the index yet.
  await scenario.sql`delete from tenant.documents where tenant_id = ${tenant} and id = ${documentId}`
  const user = await makeUser(app, superuser, { tenant })
  const asked = await ask(app, { token: user.token, message: 'How many days of vacation?' })
  expect(pinecone.count('kb', tenant)).toBe(left)
  expect(asked.data('sources').sources).toEqual([])
}, 60_000)
