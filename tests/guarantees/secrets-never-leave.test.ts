import { afterAll, beforeAll, expect, test } from 'bun:test'
import { makeSetupToken } from '../../server/features/sign-in/sign-in.usecases.ts'
import { createSecretBox } from '../../server/platform/secrets.ts'
import type { Reply } from '../support/call.ts'
import { type FakeOpenAi, startFakeOpenAi } from '../support/fake-openai.ts'
import { upstreamCanary } from '../support/fake-openai-answers.ts'
import { type FakePinecone, startFakePinecone } from '../support/fake-pinecone.ts'
import { dumpSchema } from '../support/database-dump.ts'
import { createOwnerRole, type TestDatabase } from '../support/databases.ts'
import { describeLeaks } from '../support/leaks.ts'
import { metricsToken, scrape } from '../support/metrics.ts'
import { asOwner } from '../support/owner-sql.ts'
import { recordAnswers } from '../support/recorded-answers.ts'
import { fillPath, listRoutes } from '../support/routes.ts'
import { secrets } from '../support/secret-canaries.ts'
import { startApp, testSecrets, type TestApp } from '../support/start-app.ts'

let database: TestDatabase
let app: TestApp
const { ask, issued, replies } = recordAnswers(() => app)
let openai: FakeOpenAi
let pinecone: FakePinecone
let token = ''
let userToken = ''
let userId = ''

const email = 'root@platform.example'
const userEmail = 'user@people.example'

beforeAll(async () => {
  openai = await startFakeOpenAi()
  pinecone = await startFakePinecone()
  pinecone.addIndex({ name: 'acme', apiKey: secrets['Pinecone key of the tenant']!, dimension: 1536 })
  // An owner of its own has a random password to look for, whatever that of the tests' server is.
  database = await createOwnerRole()
  app = await startApp({
    database,
    migrate: true,
    env: {
      SECRET_KEY_PREVIOUS: secrets.SECRET_KEY_PREVIOUS!,
      JWT_SECRET_KEY_PREVIOUS: secrets.JWT_SECRET_KEY_PREVIOUS!,
      OPENAI_API_KEY: secrets.OPENAI_API_KEY!,
      OPENAI_BASE_URL: openai.url,
      DEEPSEEK_API_KEY: secrets.DEEPSEEK_API_KEY!,
      DEEPSEEK_BASE_URL: openai.url,
      PINECONE_API_KEY: secrets.PINECONE_API_KEY!,
      PINECONE_SHARED: 'true',
      INDEX_NAME: 'shared',
      PINECONE_CONTROLLER_URL: pinecone.url,
      METRICS_TOKEN: metricsToken,
      LOG_LEVEL: 'trace',
    },
  })
  secrets['password of DATABASE_URL'] = decodeURIComponent(new URL(app.database.ownerUrl).password)
  const [row] = await asOwner(app, (sql) => sql`select id::text, runtime_password from installation`)
  const box = await createSecretBox(testSecrets.SECRET_KEY)
  secrets['password of the runtime role'] = await box.open(
    { table: 'installation', column: 'runtime_password', row: String(row?.id) },
    String(row?.runtime_password),
  )
  secrets['setup token'] = (await makeSetupToken(app.services)) ?? ''
})
afterAll(async () => {
  await app.stop()
  await database.drop()
  await pinecone.stop()
  await openai.stop()
})

test('B7: every way of succeeding is gone', async () => {
  const setup = await ask('POST /auth/setup', {
    body: { token: secrets['setup token'], email, password: secrets['password of the superuser'] },
  })
  token = setup.body.access_token
  const user = await ask('POST /admin/users', {
    token,
    body: { email: userEmail, password: secrets['password of the user'] },
    headers: { 'idempotency-key': 'make-the-user' },
  })
  userId = user.body.id
  const tenant = await ask('POST /admin/tenants', {
    token,
    body: {
      id: 'acme',
      name: 'Acme',
      model_provider: 'openai',
      model_api_key: secrets['model key of the tenant'],
      pinecone_api_key: secrets['Pinecone key of the tenant'],
      pinecone_index: 'acme',
    },
    headers: { 'idempotency-key': 'make-the-tenant' },
  })
  expect([setup.status, user.status, tenant.status]).toEqual([201, 201, 201])
  await ask(`PUT /admin/users/${userId}/tenant`, { token, body: { tenant_id: 'acme' } })
  const login = await ask('POST /auth/login', { body: { email: userEmail, password: secrets['password of the user'] } })
  await ask('POST /auth/login', {
    body: { email: userEmail, password: secrets['password of the user'], session: 'cookie' },
    headers: { origin: app.url },
  })
  userToken = login.body.access_token
  await ask('POST /auth/refresh', { body: { refresh_token: login.body.refresh_token } })
  for (const route of ['POST /chat', 'POST /chat/stream']) {
    const answer = await ask(route, { token: userToken, body: { message: 'What do you know?' } })
    expect(answer.status).toBe(200)
  }
  expect(openai.requests.at(-1)?.headers.authorization).toBe(`Bearer ${secrets['model key of the tenant']}`)
  const key = await ask('POST /admin/tenants/acme/api-keys', { token, body: { name: 'Canary' } })
  const rotated = await ask(`POST /admin/tenants/acme/api-keys/${key.body.id}/rotate`, { token, body: {} })
  for (const secret of [key.body.secret, rotated.body.secret]) {
    const completion = { messages: [{ role: 'user', content: 'What do you know?' }] }
    const answer = await ask('POST /v1/chat/completions', { token: secret, body: completion })
    expect(answer.status).toBe(200)
    await ask('POST /v1/chat/completions', {
      token: secret,
      body: { messages: [{ role: 'user', content: secret }], n: 9 },
    })
    await ask('GET /users/me', { token: secret })
    await ask('GET /admin/tenants', { token: secret })
    await ask('GET /chat/sessions', { token: secret, tenant: 'nosuch' })
  }
  await ask(`DELETE /admin/tenants/acme/api-keys/${key.body.id}`, { token })
  expect((await ask('GET /chat/sessions', { token: rotated.body.secret })).status).toBe(401)
  for (const connection of ['model', 'pinecone']) {
    const stored = await ask(`POST /admin/tenants/acme/${connection}/test`, { token, body: {} })
    expect(stored.status).toBe(200)
  }
  await ask('POST /admin/tenants/acme/model/test', { token, body: { model_api_key: secrets['drafted model key'] } })
  await ask('POST /admin/tenants/acme/pinecone/test', {
    token,
    body: { pinecone_api_key: secrets['drafted Pinecone key'] },
  })
  const changed = await ask('PATCH /users/me', {
    token: userToken,
    body: { password: secrets['new password of the user'], current_password: secrets['password of the user'] },
  })
  expect(changed.status).toBe(200)
  // Every reading route, as the superuser sees it: the System page, the audit log and the API document among them.
  for (const route of listRoutes(app.app).filter(({ method }) => method === 'GET')) {
    for (const tenantHeader of [undefined, 'acme']) {
      await ask(`GET ${fillPath(route.path, { id: route.path.includes('users') ? userId : 'acme' })}`, {
        token,
        tenant: tenantHeader,
      })
    }
  }
})

test('B7: every way of failing is gone', async () => {
  const wrong = secrets['wrong password']
  await ask('POST /auth/login', { body: { email, password: wrong } })
  await ask('POST /auth/login', { body: { email: 'nobody@people.example', password: wrong }, tenant: 'acme' })
  await ask('POST /auth/login', { body: { email, password: { inner: wrong }, passphrase: wrong } })
  await ask('POST /auth/login', { raw: `{"email":"${email}","password":"${wrong}"` })
  await ask('POST /auth/token', {
    raw: `username=${email}&password=${encodeURIComponent(wrong!)}&grant_type=${encodeURIComponent(wrong!)}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  await ask('POST /auth/setup', { body: { token: secrets['setup token'], email, password: wrong } })
  await ask('POST /auth/refresh', { body: { refresh_token: issued['refresh token 1'] } })
  await ask('POST /auth/refresh', { body: { refresh_token: `${issued['refresh token 1']}x` } })
  await ask(`GET /users/me?access_token=${token}&api_key=${secrets.OPENAI_API_KEY}`)
  await ask('GET /users/me', { headers: { authorization: `Bearer ${secrets.OPENAI_API_KEY}` } })
  await ask('GET /users/me', { headers: { authorization: `Basic ${secrets['wrong password']}` } })
  await ask('POST /admin/users', { token, body: { email: userEmail, password: wrong } })
  await ask('POST /admin/users', { token, body: { email: userEmail, password: secrets['short password'] } })
  await ask('PATCH /users/me', { token, body: { password: secrets['short password'], current_password: wrong } })
  await ask('PATCH /users/me', { token, body: { password: wrong, current_password: wrong } })
  for (const key of ['model key of the tenant', 'drafted model key', 'Pinecone key of the tenant']) {
    const field = key.includes('Pinecone') ? 'pinecone_api_key' : 'model_api_key'
    await ask('PATCH /admin/tenants/acme', { token, body: { [field]: `${secrets[key]} with a space` } })
    await ask('PATCH /admin/tenants/acme', { token, body: { [field]: [secrets[key]] } })
    await ask('PATCH /admin/tenants/acme', { token, body: { [field]: secrets[key], nonsense: true } })
    await ask('PATCH /admin/tenants/acme', { token: userToken, body: { [field]: secrets[key] } })
  }
  await ask('PATCH /admin/tenants/acme', {
    token,
    body: {
      model_base_url: `https://user:${secrets['user info of an address']}@models.example/v1`,
      model_api_key: secrets['drafted model key'],
    },
  })

  // Upstreams that give back what they were sent.
  const echo = JSON.stringify({
    error: { message: `Incorrect API key provided: ${secrets['model key of the tenant']}` },
  })
  for (const status of [400, 401, 403, 404, 429, 500, 503]) {
    // For every try, as some are tried again.
    openai.behave({ status, body: echo }, { sticky: true })
    const chat = await ask('POST /chat', { token, tenant: 'acme', body: { message: 'Hi', retrieval: 'off' } })
    expect([502, 503, 504, 429]).toContain(chat.status)
    await ask('POST /admin/tenants/acme/model/test', { token, body: {} })
    pinecone.behave({ status })
    await ask('POST /admin/tenants/acme/pinecone/test', { token, body: {} })
  }
  for (const behaviour of [{ html200: true }, { malformedSse: true }, { cutAfter: 1 }, { errorFrameAfter: 1 }]) {
    openai.behave(behaviour, { sticky: true })
    await ask('POST /chat/stream', { token, tenant: 'acme', body: { message: 'Hi', retrieval: 'off' } })
  }
  openai.behave({}, { sticky: true })

  // A database that fails in the middle of writing secrets.
  for (const [table, column] of [
    ['users', 'updated_at'],
    ['sign_in_sessions', 'refresh_hash'],
    ['tenants', 'updated_at'],
    ['audit_log', 'action'],
    ['installation', 'setup_token_hash'],
  ] as const) {
    const rename = (from: string, to: string) =>
      asOwner(app, (sql) => sql`alter table ${sql(table)} rename column ${sql(from)} to ${sql(to)}`)
    await rename(column, 'gone')
    await ask('POST /admin/users', {
      token,
      body: { email: `${table}@people.example`, password: secrets['password of the user'] },
    })
    await ask('POST /auth/login', { body: { email, password: secrets['password of the superuser'] } })
    await ask('PATCH /admin/tenants/acme', { token, body: { model_api_key: secrets['drafted model key'] } })
    await ask(`PATCH /admin/users/${userId}`, { token, body: { password: secrets['password of the user'] } })
    await rename('gone', column)
  }
  await asOwner(app, (sql) => sql`update tenants set model_api_key = 'v1.broken.broken.broken' where id = 'acme'`)
  await Bun.sleep(50)
  const unreadable = await ask('POST /chat', { token, tenant: 'acme', body: { message: 'Hi', retrieval: 'off' } })
  expect(unreadable.status).toBe(500)
  expect(replies.filter(({ reply }) => reply.status === 500).length).toBeGreaterThanOrEqual(8)
})

const textOf = (reply: Reply): string => `${JSON.stringify([...reply.headers])}\n${reply.text}`

test('B7: no answer has a secret in it, and tokens are only in the answer that issues them', () => {
  expect(Object.values(secrets).filter((secret) => secret.length < 9)).toEqual([])
  expect(replies.length).toBeGreaterThan(120)
  const found = replies.map(({ route, reply }) => ({ where: `${route} ${reply.status}`, text: textOf(reply) }))
  expect(describeLeaks(found, secrets)).toEqual([])
  const plain = found.filter((_, index) => !replies[index]?.issuing)
  expect(describeLeaks(plain, issued)).toEqual([])
  for (const { where, text } of found) {
    expect([where, text.includes('$argon2id$'), text.includes(upstreamCanary)]).toEqual([where, false, false])
    expect([where, /"v1\.[0-9a-f]{12}\./.test(text)]).toEqual([where, false])
  }
})

test('B7: no log line has a secret, a token, a hash or a sealed value in it', () => {
  expect(app.logLines.length).toBeGreaterThan(100)
  const log = [{ where: 'the log', text: app.logLines.join('\n') }]
  expect(describeLeaks(log, { ...secrets, ...issued })).toEqual([])
  const telling = /\$argon2id\$[^"]{20}|v1\.[0-9a-f]{12}\.[\w-]{16}\.|trt_[\w-]{20}|eyJ[\w-]{20}/
  expect(app.logLines.filter((line) => telling.test(line))).toEqual([])
  expect(app.logLines.filter((line) => line.includes(upstreamCanary))).toEqual([])
})

test('B7: no figure of /metrics has one in its labels', async () => {
  const samples = await scrape(app)
  expect(samples.length).toBeGreaterThan(200)
  const figures = [{ where: 'metrics', text: JSON.stringify(samples) }]
  expect(describeLeaks(figures, { ...secrets, ...issued })).toEqual([])
  for (const word of [email, userEmail, userId, upstreamCanary]) expect(figures[0]?.text).not.toContain(word)
})

test('B7: no row of the audit log, of kept answers or of the ledger has one either', async () => {
  for (const table of ['audit_log', 'idempotency_keys', 'usage_ledger', 'tenant_prompt_versions']) {
    const rows = await asOwner(app, (sql) => sql<{ line: string }[]>`select t::text as line from ${sql(table)} t`)
    const text = rows.map((row) => row.line).join('\n')
    expect(describeLeaks([{ where: table, text }], { ...secrets, ...issued })).toEqual([])
    expect([table, text.includes('argon2id'), /v1\.[0-9a-f]{12}\./.test(text)]).toEqual([table, false, false])
  }
})

test('B7: no column of the database has a secret in the clear', async () => {
  const rows = await asOwner(app, async (sql) => [
    ...(await dumpSchema(sql, 'public')),
    ...(await dumpSchema(sql, 'tenant')),
  ])
  expect(new Set(rows.map(({ table }) => table)).size).toBeGreaterThan(12)
  const found = rows.map(({ table, line }) => ({ where: table, text: line }))
  expect(describeLeaks(found, { ...secrets, ...issued })).toEqual([])
})

test('B7: keys went only where they belong', () => {
  const keys = openai.requests.map((request) => request.headers.authorization)
  const allowed = ['model key of the tenant', 'drafted model key', 'OPENAI_API_KEY'].map(
    (name) => `Bearer ${secrets[name]}`,
  )
  expect(keys.filter((key) => !allowed.includes(key ?? ''))).toEqual([])
  const bodies = [...openai.requests, ...pinecone.requests].map(({ path, body }) => ({
    where: path,
    text: JSON.stringify(body) ?? '',
  }))
  expect(describeLeaks(bodies, { ...secrets, ...issued })).toEqual([])
})
