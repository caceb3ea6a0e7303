import { afterAll, beforeAll, expect, test } from 'bun:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { archivedTableNames, columnsOfTable } from '../../../server/data/tenant-archive.data.ts'
import { call } from '../../support/call.ts'
import { makeSuperuser, makeTenant, makeUser, password, type Person, signIn } from '../../support/people.ts'
import { ask, openOwner, type Scenario, startScenario } from '../../support/scenario.ts'
import { startApp, type TestApp } from '../../support/start-app.ts'
import { addDocument } from '../chat/knowledge.ts'

let here: Scenario
let there: TestApp
let superuserThere: Person
let archive: Buffer<ArrayBuffer>

beforeAll(async () => {
  here = await startScenario()
  there = await startApp()
  superuserThere = await makeSuperuser(there)
  await fillTenant()
  archive = await exportTenant()
})
afterAll(async () => {
  await there.stop()
  await here.stop()
})

const as = (route: string, body?: unknown) => call(here.app, route, { token: here.superuser.token, body })

/** Users of both kinds, conversations with every kind of end, two prompts, a document, keys. */
async function fillTenant(): Promise<void> {
  await makeTenant(here.app, here.superuser, 'acme', {
    system_prompt: 'First “prompt” 💡',
    model_api_key: 'sk-canary-model-0001',
    model_base_url: here.model.url,
    model_provider: 'openai-compatible',
    model: 'fake',
    pinecone_api_key: 'pc-canary-pinecone-0002',
    retrieval_weights: { keyword: 1, semantic: 0.25 },
    retrieval_score_min: 0.1,
  })
  await as('PATCH /admin/tenants/acme', { system_prompt: 'Second\nprompt' })
  await as('POST /admin/tenants/acme/users', { email: 'una@acme.example', password, full_name: 'Una "U" Ünal' })
  const una = await signIn(here.app, 'una@acme.example', 'acme')
  const linked = await makeUser(here.app, here.superuser, { tenant: 'acme' })
  for (const user of [una, linked]) {
    for (const message of ['Hello?', 'Line one\nline "two" \\ \u2028 and 𝄞']) {
      await ask(here.app, { token: user.token, message })
    }
  }
  here.model.behave({ cutAfter: 2 })
  await ask(here.app, { token: una.token, message: 'This one fails' })
  here.model.reset()
  await addDocument(here.sql, {
    tenant: 'acme',
    title: 'Refunds',
    passages: ['Refunds take 14 days.', 'Nothing else.'],
  })
}

async function exportTenant(id = 'acme', app: { url: string } = here.app, token = here.superuser.token) {
  const response = await fetch(`${app.url}/admin/tenants/${id}/export`, {
    headers: { authorization: `Bearer ${token}` },
  })
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/gzip'])
  return Buffer.from(await response.arrayBuffer())
}

async function importInto(bytes: Uint8Array<ArrayBuffer>, id?: string) {
  const response = await fetch(`${there.url}/admin/tenants/import${id ? `?id=${id}` : ''}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${superuserThere.token}`, 'content-type': 'application/gzip' },
    body: bytes,
  })
  return { status: response.status, body: await response.json() }
}

const linesOf = (bytes: Uint8Array<ArrayBuffer>): string[] => gunzipSync(bytes).toString('utf8').trimEnd().split('\n')
const packed = (lines: string[]) => gzipSync(`${lines.join('\n')}\n`)
const countTenants = async (): Promise<number> =>
  (await call(there, 'GET /admin/tenants?include=total', { token: superuserThere.token })).body.total

test('a tenant that was exported is the same on another server, hash by hash', async () => {
  const imported = await importInto(archive)
  expect([imported.status, imported.body.code]).toEqual([201, undefined])
  expect(imported.body.tenant).toMatchObject({
    id: 'acme',
    state: 'active',
    system_prompt: 'Second\nprompt',
    model: 'fake',
    model_base_url: null,
    model_api_key: { set: false },
    retrieval_weights: { keyword: 1, semantic: 0.25 },
  })
  expect(imported.body.missing).toEqual([
    { field: 'model_api_key', value: null },
    { field: 'pinecone_api_key', value: null },
    { field: 'model_base_url', value: here.model.url },
  ])
  expect(imported.body.tables).toMatchObject({
    tenant_users: { rows: 2 },
    chat_sessions: { rows: 5 },
    chat_messages: { rows: 10 },
    documents: { rows: 1 },
    chunks: { rows: 2 },
    prompt_versions: { rows: 2 },
    usage_ledger: { rows: 5 },
  })
  const again = await exportTenant('acme', there, superuserThere.token)
  expect(linesOf(again).at(-1)).toBe(linesOf(archive).at(-1) ?? '')
  expect(linesOf(again).slice(1)).toEqual(linesOf(archive).slice(1))
})

test('no secret and no password hash is in an archive', () => {
  const text = linesOf(archive).join('\n')
  for (const canary of ['sk-canary-model-0001', 'pc-canary-pinecone-0002', 'v1.', '$argon2', password]) {
    expect([canary, text.includes(canary)]).toEqual([canary, false])
  }
  expect(text).not.toContain('core_user_id')
})

test('every table of the tenant store, and every column but secrets, is in an archive', async () => {
  const sql = openOwner(there)
  const rows = await sql<{ table_name: string; column_name: string }[]>`
    select table_name, column_name from information_schema.columns c join information_schema.tables t
      using (table_schema, table_name)
    where table_schema = 'tenant' and t.table_type = 'BASE TABLE'`
  await sql.end()
  const kept = new Set(archivedTableNames.flatMap((name) => columnsOfTable(name).map((column) => `${name}.${column}`)))
  const missing = rows
    .map((row) => `${row.table_name}.${row.column_name}`)
    // A fence says where a tenant is not, which is no part of it.
    .filter((name) => !kept.has(name) && !name.endsWith('.tenant_id') && !name.startsWith('fences.'))
  expect(missing.sort()).toEqual(['chunks.search_vector', 'tenant_users.core_user_id', 'tenant_users.password_hash'])
})

test('an import under another id leaves the first alone, and its people know their conversations again', async () => {
  const imported = await importInto(archive, 'acme-2')
  expect([imported.status, imported.body.tenant.id]).toEqual([201, 'acme-2'])
  expect((await importInto(archive, 'acme-2')).body.code).toBe('tenant.id_taken')
  const users = await call(there, 'GET /admin/tenants/acme-2/users', { token: superuserThere.token })
  const una = users.body.items.find((user: { email: string }) => user.email === 'una@acme.example')
  expect(una).toMatchObject({ conversations: 3, is_linked: false })
  const refused = await call(there, 'POST /auth/login', { tenant: 'acme-2', body: { email: una.email, password } })
  expect(refused.status).toBe(401)
  const next = `${password} next`
  await call(there, `PATCH /admin/tenants/acme-2/users/${una.id}`, {
    token: superuserThere.token,
    body: { password: next },
  })
  const signedIn = await call(there, 'POST /auth/login', {
    tenant: 'acme-2',
    body: { email: una.email, password: next },
  })
  const sessions = await call(there, 'GET /chat/sessions', { token: signedIn.body.access_token })
  expect(sessions.body.items).toHaveLength(3)
})

test('a platform user that the server knows stays linked', async () => {
  await as('DELETE /admin/tenants/acme?purge=false')
  const response = await fetch(`${here.app.url}/admin/tenants/import?id=copy`, {
    method: 'POST',
    headers: { authorization: `Bearer ${here.superuser.token}`, 'content-type': 'application/gzip' },
    body: archive,
  })
  expect(response.status).toBe(201)
  const { body } = await as('GET /admin/tenants/copy/users?kind=linked')
  expect(body.items).toHaveLength(1)
})

test('a broken archive is refused with its reason and leaves nothing behind', async () => {
  const lines = linesOf(archive)
  const [head = '', first = ''] = lines
  const changed = lines.map((line) => line.replace('Refunds take 14 days', 'Refunds take 99 days'))
  const withHead = (change: (head: Record<string, unknown>) => void): string[] => {
    const parsed: Record<string, unknown> = JSON.parse(head)
    change(parsed)
    return [JSON.stringify(parsed), ...lines.slice(1)]
  }
  const broken: [string, Uint8Array<ArrayBuffer>][] = [
    ['nothing', new Uint8Array()],
    ['no gzip', new TextEncoder().encode('hello')],
    ['cut in the middle', archive.subarray(0, archive.length - 40)],
    ['without its end', packed(lines.slice(0, -1))],
    ['without its head', packed(lines.slice(1))],
    ['one row less', packed([...lines.slice(0, 3), ...lines.slice(4)])],
    ['one row changed', packed(changed)],
    ['one row twice', packed([head, first, ...lines.slice(1)])],
    ['a column that is none', packed(withHead((parsed) => Object.assign(parsed, { columns: { chunks: ['x" int'] } })))],
    ['another version', packed(withHead((parsed) => (parsed.version = 2)))],
    ['a line of nonsense', packed([head, '{"table":"users","row":{}}', ...lines.slice(1)])],
    ['a text for a number', packed([head, '{"table":"chat_messages","row":{"id": "x"}}', ...lines.slice(1)])],
  ]
  const before = await countTenants()
  for (const [name, bytes] of broken) {
    const reply = await importInto(bytes, 'broken')
    expect([name, reply.status, reply.body.code]).toEqual([name, 422, 'import.archive_invalid'])
    expect(reply.body.detail.length).toBeGreaterThan(20)
  }
  expect(await countTenants()).toBe(before)
  expect((await importInto(archive, 'counts')).body.code).toBe('request.invalid')
  expect((await importInto(archive, '../x')).body.code).toBe('request.invalid')
  const sql = openOwner(there)
  const left = await sql`select 1 from tenant.tenant_users where tenant_id = 'broken'
    union all select 1 from usage_ledger where tenant_id = 'broken'`
  await sql.end()
  expect(left).toHaveLength(0)
})

test('a row that names another tenant lands in its own', async () => {
  await makeTenant(there, superuserThere, 'beta')
  const [head = '', first = '', ...rest] = linesOf(archive)
  const imported = await importInto(
    packed([head, first.replace('"row":{', '"row":{"tenant_id": "beta", '), ...rest]),
    'own',
  )
  // What is compared is what was stored: the foreign id is no part of it.
  expect(imported.status).toBe(201)
  const sql = openOwner(there)
  expect(await sql`select 1 from tenant.tenant_users where tenant_id = 'beta'`).toHaveLength(0)
  await sql.end()
})

test('only superusers export and import', async () => {
  const owner = await makeUser(here.app, here.superuser, { is_owner: true })
  await makeTenant(here.app, here.superuser, 'owned', { owner_id: owner.id })
  for (const route of ['GET /admin/tenants/owned/export', 'POST /admin/tenants/import']) {
    const reply = await call(here.app, route, { token: owner.token })
    expect([route, reply.status]).toEqual([route, 403])
  }
  expect((await as('GET /admin/tenants/nobody/export')).body.code).toBe('tenant.not_found')
})
