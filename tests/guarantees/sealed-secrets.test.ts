import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import { placeOfTenantSecret } from '../../server/answering/tenant-secrets.ts'
import { createSecretBox, type SecretBox, secretUnreadable } from '../../server/platform/secrets.ts'
import { call, type Reply } from '../support/call.ts'
import { type FakeOpenAi, startFakeOpenAi } from '../support/fake-openai.ts'
import { asOwner } from '../support/owner-sql.ts'
import { makeSuperuser, makeTenant, type Person } from '../support/people.ts'
import { startApp, testSecrets, type TestApp } from '../support/start-app.ts'

const secret = 'sk-canary-tenant-key-0123456789'
const otherKey = 'canary-another-key-0123456789abcdefghijklmn'

let openai: FakeOpenAi
let app: TestApp
let superuser: Person
let box: SecretBox

beforeAll(async () => {
  openai = await startFakeOpenAi()
  app = await startApp({ env: { OPENAI_BASE_URL: openai.url } })
  superuser = await makeSuperuser(app)
  box = await createSecretBox(testSecrets.SECRET_KEY)
  for (const id of ['acme', 'other']) await makeTenant(app, superuser, id)
})
afterAll(async () => {
  await app.stop()
  await openai.stop()
})
beforeEach(() => openai.reset())

const place = { table: 'tenants', column: 'model_api_key', row: 'acme' }
const codeOf = (opening: Promise<string>): Promise<string> =>
  opening.then(
    (text) => `opened ${JSON.stringify(text)}`,
    (error: unknown) => (secretUnreadable.is(error) ? error.code : String(error)),
  )

test('B8: a sealed value opens where it belongs, and two seals of one text are not alike', async () => {
  for (const text of [secret, '', 'ü€😀', 'x'.repeat(100_000)]) {
    const sealed = await box.seal(place, text)
    expect(sealed).toMatch(/^v1\.[0-9a-f]{12}\.[\w-]{16}\.[\w-]+$/)
    expect(await box.open(place, sealed)).toBe(text)
    expect(await box.seal(place, text)).not.toBe(sealed)
  }
})

test('B8: moved to another tenant, column or table it is a typed error', async () => {
  const sealed = await box.seal(place, secret)
  const places = [
    { ...place, row: 'other' },
    { ...place, row: '' },
    { ...place, row: 'acme ' },
    { ...place, column: 'pinecone_api_key' },
    { ...place, table: 'users' },
    { table: 'tenants', column: 'model_api_key","acme', row: '' },
    { table: '', column: 'tenantsmodel_api_key', row: 'acme' },
  ]
  for (const elsewhere of places) expect(await codeOf(box.open(elsewhere, sealed))).toBe('secret.unreadable')
})

test('B8: every flipped bit of it, every cut and every odd shape is a typed error, never an empty value', async () => {
  const sealed = await box.seal(place, secret)
  const [version, keyId, iv, ciphertext] = sealed.split('.') as [string, string, string, string]
  const damaged: string[] = []
  for (const [part, text] of [
    [2, iv],
    [3, ciphertext],
  ] as const) {
    const bytes = Buffer.from(text, 'base64url')
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const parts = [version, keyId, iv, ciphertext]
      parts[part] = flipped.toString('base64url')
      damaged.push(parts.join('.'))
    }
  }
  for (let length = 0; length < sealed.length; length++) damaged.push(sealed.slice(0, length))
  damaged.push(
    `v2.${keyId}.${iv}.${ciphertext}`,
    `v1.000000000000.${iv}.${ciphertext}`,
    `v1.${keyId.toUpperCase()}x.${iv}.${ciphertext}`,
    `v1..${iv}.${ciphertext}`,
    `v1.${keyId}..${ciphertext}`,
    `v1.${keyId}.${iv}.`,
    `${sealed}.more`,
    `${sealed}AAAA`,
    secret,
    'null',
    '...',
  )
  for (const text of damaged) expect(await codeOf(box.open(place, text))).toBe('secret.unreadable')
})

test('B8: another SECRET_KEY opens nothing; as SECRET_KEY_PREVIOUS the old one still opens, and the new one seals', async () => {
  const sealed = await box.seal(place, secret)
  expect(await codeOf((await createSecretBox(otherKey)).open(place, sealed))).toBe('secret.unreadable')
  const rotated = await createSecretBox(otherKey, testSecrets.SECRET_KEY)
  expect(await rotated.open(place, sealed)).toBe(secret)
  const resealed = await rotated.seal(place, secret)
  expect(resealed.split('.')[1]).not.toBe(sealed.split('.')[1])
  expect(await codeOf(box.open(place, resealed))).toBe('secret.unreadable')
})

/** What a chat of a tenant answers when its stored key is this. */
async function chatWith(tenant: string, sealed: string): Promise<Reply> {
  await asOwner(
    app,
    (
      sql,
    ) => sql`update tenants set model_api_key = ${sealed}, model_api_key_origin = 'openai', model_provider = 'openai'
      where id = ${tenant}`,
  )
  const until = performance.now() + 1_000
  for (;;) {
    const shown = await app.services.directories.tenant(placeId(tenant))
    if (shown?.modelApiKey === sealed || performance.now() > until) break
    await Bun.sleep(5)
  }
  return call(app, 'POST /chat', { token: superuser.token, tenant, body: { message: 'Hi' } })
}
const placeId = (tenant: string): never => tenant as never

test('B8: through the API, a stored key that cannot be opened is a 500 without details, and nothing is called', async () => {
  const sealed = await box.seal(placeOfTenantSecret('acme', 'modelApiKey'), secret)
  const wellPlaced = await chatWith('acme', sealed)
  expect(wellPlaced.status).toBe(200)
  expect(openai.requests.at(-1)?.headers.authorization).toBe(`Bearer ${secret}`)
  openai.reset()

  const foreignBox = await createSecretBox(otherKey)
  const broken = [
    await chatWith('other', sealed),
    await chatWith('acme', await box.seal(placeOfTenantSecret('acme', 'pineconeApiKey'), secret)),
    await chatWith('acme', sealed.slice(0, -6)),
    await chatWith('acme', await foreignBox.seal(placeOfTenantSecret('acme', 'modelApiKey'), secret)),
    await chatWith('acme', secret),
  ]
  for (const reply of broken) {
    expect([reply.status, reply.headers.get('content-type')]).toEqual([500, 'application/problem+json'])
    expect(Object.keys(reply.body).toSorted()).toEqual(['code', 'detail', 'request_id', 'status', 'title', 'type'])
    expect(reply.body.code).toBe('secret.unreadable')
    for (const leak of [secret, sealed.slice(0, 20), 'v1.', box.keyId, 'decrypt', 'GCM', 'tenants']) {
      expect(reply.text).not.toContain(leak)
    }
  }
  expect(openai.requests).toEqual([])
  const model = await call(app, 'POST /admin/tenants/acme/model/test', { token: superuser.token, body: {} })
  expect([model.status, model.body.code]).toEqual([500, 'secret.unreadable'])
  const lines = app.logLines.filter((line) => line.includes('secret.unreadable'))
  expect(lines.length).toBeGreaterThanOrEqual(broken.length)
  expect(lines.filter((line) => line.includes(secret))).toEqual([])
})

test('B8: a tenant whose key cannot be opened can be given a new one', async () => {
  await chatWith('acme', 'v1.broken')
  const changed = await call(app, 'PATCH /admin/tenants/acme', {
    token: superuser.token,
    body: { model_api_key: 'sk-a-new-key-of-acme' },
  })
  expect(changed.status).toBe(200)
  const reply = await call(app, 'POST /chat', { token: superuser.token, tenant: 'acme', body: { message: 'Hi' } })
  expect(reply.status).toBe(200)
  expect(openai.requests.at(-1)?.headers.authorization).toBe('Bearer sk-a-new-key-of-acme')
})

test('B8: a server with a new SECRET_KEY and the old one as SECRET_KEY_PREVIOUS still calls with the stored key', async () => {
  const rotated = await startApp({
    database: app.database,
    env: { OPENAI_BASE_URL: openai.url, SECRET_KEY: otherKey, SECRET_KEY_PREVIOUS: testSecrets.SECRET_KEY },
  })
  const reply = await call(rotated, 'POST /chat', { token: superuser.token, tenant: 'acme', body: { message: 'Hi' } })
  expect(reply.status).toBe(200)
  const next = await call(rotated, 'POST /auth/refresh', { body: { refresh_token: superuser.refreshToken } })
  expect(next.status).toBe(200)
  await rotated.stop()
})

test('B8: what is stored and shown of a secret is its last four characters', async () => {
  const shown = await call(app, 'GET /admin/tenants/acme', { token: superuser.token })
  expect(shown.body.model_api_key).toEqual({ set: true, last4: 'acme', updated_at: expect.any(String) })
  const [row] = await asOwner(app, (sql) => sql`select t::text as line from tenants t where id = 'acme'`)
  expect(String(row?.line)).not.toContain('sk-a-new-key')
})
