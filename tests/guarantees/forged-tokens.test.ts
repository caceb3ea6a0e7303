import { createHmac, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { makeSetupToken } from '../../server/features/sign-in/sign-in.usecases.ts'
import { call } from '../support/call.ts'
import { createTestClock } from '../support/clock.ts'
import { asOwner } from '../support/owner-sql.ts'
import { makeSuperuser, makeTenant, makeUser, type Person, signIn } from '../support/people.ts'
import { withoutRequestId } from '../support/problem.ts'
import { sendRaw } from '../support/raw-http.ts'
import { startApp, testSecrets, type TestApp } from '../support/start-app.ts'

type Json = Record<string, unknown>

let app: TestApp
let superuser: Person
let tenantUser: Person
let header: Json
let payload: Json

beforeAll(async () => {
  app = await startApp()
  superuser = await makeSuperuser(app)
  await makeTenant(app, superuser, 'acme')
  await makeTenant(app, superuser, 'other')
  const user = await makeUser(app, superuser, { tenant: 'acme' })
  tenantUser = await signIn(app, user.email, 'acme')
  const [head, body] = superuser.token.split('.')
  header = JSON.parse(Buffer.from(head ?? '', 'base64url').toString())
  payload = JSON.parse(Buffer.from(body ?? '', 'base64url').toString())
})
afterAll(() => app.stop())

const base64url = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

function forge(changes: { header?: Json; payload?: Json; hash?: string; secret?: string | Buffer } = {}): string {
  const text = `${base64url({ ...header, ...changes.header })}.${base64url({ ...payload, ...changes.payload })}`
  const secret = changes.secret ?? testSecrets.JWT_SECRET_KEY
  return `${text}.${createHmac(changes.hash ?? 'sha256', secret)
    .update(text)
    .digest('base64url')}`
}

const without = (object: Json, name: string): Json => ({ ...object, [name]: undefined })
const seconds = (): number => Math.floor(Date.now() / 1000)

test('B1: a token signed as the server signs is taken, so that the forgeries below fail for their own reason', async () => {
  for (const token of [superuser.token, forge(), forge({ payload: { jti: randomUUID() } })]) {
    expect((await call(app, 'GET /admin/users', { token })).status).toBe(200)
  }
})

function listForgeries(): Record<string, string> {
  const [head, body, signature] = superuser.token.split('.') as [string, string, string]
  const [tenantHead, tenantBody, tenantSignature] = tenantUser.token.split('.') as [string, string, string]
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const publicPem = rsa.publicKey.export({ type: 'spki', format: 'pem' })
  const asymmetric = (alg: string, key: typeof rsa.privateKey): string => {
    const text = `${base64url({ ...header, alg })}.${body}`
    return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`
  }
  const noneOf = (alg: string): string => `${base64url({ ...header, alg })}.${body}.`
  const flipped = Buffer.from(signature, 'base64url')
  flipped[3] = (flipped[3] ?? 0) ^ 1
  return {
    'alg none': noneOf('none'),
    'alg None': noneOf('None'),
    'alg NONE': noneOf('NONE'),
    'alg nOnE with a signature': `${base64url({ ...header, alg: 'nOnE' })}.${body}.${signature}`,
    'alg none, two parts': noneOf('none').slice(0, -1),
    'no alg': forge({ header: { alg: undefined } }),
    'empty alg': forge({ header: { alg: '' } }),
    'empty signature': `${head}.${body}.`,
    'no signature part': `${head}.${body}`,
    'four parts': `${superuser.token}.${signature}`,
    'signature cut': superuser.token.slice(0, -4),
    'signature flipped': `${head}.${body}.${flipped.toString('base64url')}`,
    'signature of another token': `${head}.${body}.${tenantSignature}`,
    'HS384 with the same key': forge({ header: { alg: 'HS384' }, hash: 'sha384' }),
    'HS512 with the same key': forge({ header: { alg: 'HS512' }, hash: 'sha512' }),
    'HS256 said, HS512 done': forge({ hash: 'sha512' }),
    'RS256 by a key of one’s own': asymmetric('RS256', rsa.privateKey),
    'ES256 by a key of one’s own': asymmetric('ES256', ec.privateKey),
    'RS256 confusion: a public key as the secret': forge({ secret: publicPem }),
    'a key in the header': forge({
      header: { jwk: { kty: 'oct', k: base64url('mine') } },
      secret: 'mine',
    }),
    'a key’s address in the header': forge({ header: { jku: 'https://evil.example/keys' }, secret: 'mine' }),
    'an empty secret': forge({ secret: '' }),
    'SECRET_KEY instead': forge({ secret: testSecrets.SECRET_KEY }),
    'a guessed secret': forge({ secret: 'secret' }),
    'payload changed': `${head}.${base64url({ ...payload, tenant_id: 'acme' })}.${signature}`,
    'payload of a tenant, raised': `${tenantHead}.${base64url({ ...JSON.parse(Buffer.from(tenantBody, 'base64url').toString()), is_superuser: true, scope: 'core' })}.${tenantSignature}`,
    'another issuer': forge({ payload: { iss: 'evil' } }),
    'no issuer': forge({ payload: without(payload, 'iss') }),
    'several issuers': forge({ payload: { iss: ['tenantry', 'evil'] } }),
    'another audience': forge({ payload: { aud: 'another-api' } }),
    'no audience': forge({ payload: without(payload, 'aud') }),
    'typ JWT': forge({ header: { typ: 'JWT' } }),
    'typ refresh': forge({ header: { typ: 'rt+jwt' } }),
    'no typ': forge({ header: { typ: undefined } }),
    'no sub': forge({ payload: without(payload, 'sub') }),
    'no sid': forge({ payload: without(payload, 'sid') }),
    'no jti': forge({ payload: without(payload, 'jti') }),
    'no iat': forge({ payload: without(payload, 'iat') }),
    'no scope': forge({ payload: without(payload, 'scope') }),
    'no exp': forge({ payload: without(payload, 'exp') }),
    'exp as text': forge({ payload: { exp: String(payload.exp) } }),
    'exp far away': forge({ payload: { exp: seconds() + 10 * 365 * 86_400 } }),
    'exp at the end of numbers': forge({ payload: { exp: 1e300 } }),
    'exp over': forge({ payload: { exp: seconds() - 60 } }),
    'iat in the future': forge({ payload: { iat: seconds() + 3_600 } }),
    'iat long ago': forge({ payload: { iat: seconds() - 86_400 } }),
    'nbf in the future': forge({ payload: { nbf: seconds() + 3_600 } }),
    'kid traversal': forge({ header: { kid: '../../../../dev/null' }, secret: '' }),
    'kid injection': forge({ header: { kid: "' union select 'mine' --" }, secret: 'mine' }),
    'unknown kid': forge({ header: { kid: 'unknown' } }),
    'empty kid': forge({ header: { kid: '' } }),
    'no kid': forge({ header: { kid: undefined } }),
    'kid of another kind': forge({ header: { kid: 0 } }),
    'kid __proto__': forge({ header: { kid: '__proto__' } }),
    'crit unknown': forge({ header: { crit: ['exp-unknown'] } }),
    'sub of nobody': forge({ payload: { sub: randomUUID() } }),
    'sub of somebody else': forge({ payload: { sub: tenantUser.id } }),
    'sub that is no id': forge({ payload: { sub: "1' or '1'='1" } }),
    'sid of nobody': forge({ payload: { sid: randomUUID() } }),
    'sid of somebody else': forge({
      payload: { sid: JSON.parse(Buffer.from(tenantBody, 'base64url').toString()).sid },
    }),
    'scope superuser': forge({ payload: { scope: 'superuser' } }),
    'scope tenant without a tenant': forge({ payload: { scope: 'tenant' } }),
    'scope tenant with any tenant': forge({ payload: { scope: 'tenant', tenant_id: 'acme' } }),
    'tenant_id that is none': forge({ payload: { tenant_id: 'ACME' } }),
    'tenant_id of another kind': forge({ payload: { tenant_id: ['acme'] } }),
    'a refresh token': superuser.refreshToken,
    'a session id': String(payload.sid),
    'a header of null': `${base64url('null')}.${body}.${signature}`,
    'a payload of null': `${head}.${base64url('null')}.${signature}`,
    'a payload of a list': `${head}.${base64url([payload])}.${signature}`,
    'broken base64': `${head}.%%%.${signature}`,
    'broken JSON': `${head}.${base64url('{"sub":')}.${signature}`,
    'three dots': '...',
    'two dots': '..',
    empty: '',
    word: 'null',
    oversized: forge({ payload: { padding: 'x'.repeat(5_000) } }),
  }
}

test('B1: every forged or stale token gets one and the same 401, on every audience', async () => {
  const forgeries = Object.entries(listForgeries())
  expect(forgeries.length).toBeGreaterThanOrEqual(60)
  const reference = withoutRequestId(await call(app, 'GET /users/me'))
  for (const [title, token] of forgeries) {
    for (const route of ['GET /users/me', 'GET /admin/users', 'GET /chat/sessions', 'GET /admin/tenants/acme']) {
      const reply = await call(app, route, { headers: { authorization: `Bearer ${token}` } })
      expect({ title, route, ...withoutRequestId(reply) }).toEqual({
        title,
        route,
        ...reference,
      })
      expect(reply.headers.get('www-authenticate')).toBe('Bearer realm="tenantry"')
    }
  }
})

test('B1: none of them, and nothing of them, is in the log', () => {
  const log = app.logLines.join('\n')
  const signatures = Object.values(listForgeries()).flatMap((token) =>
    token.split('.').filter((part) => part.length > 40),
  )
  expect(signatures.filter((part) => log.includes(part))).toEqual([])
})

test('B1: the scheme may be written in any case; whatever else stands around the token is refused', async () => {
  const { token } = superuser
  for (const value of [`bearer ${token}`, `BEARER ${token}`, `Bearer ${token}`]) {
    expect([
      value.slice(0, 7),
      (await call(app, 'GET /users/me', { headers: { authorization: value } })).status,
    ]).toEqual([value.slice(0, 7), 200])
  }
  const odd = [
    token,
    `Token ${token}`,
    `JWT ${token}`,
    `Bearer  ${token}`,
    `Bearer\t${token}`,
    `Bearer:${token}`,
    `Bearer "${token}"`,
    `Bearer ${token},${token}`,
    `Bearer ${token} ${token}`,
    `Bearer ${token}, Bearer ${token}`,
    `Basic ${base64url(`x:${token}`)}`,
    'Bearer',
    'Bearer null',
  ]
  for (const value of odd) {
    const reply = await sendRaw(app, ['GET /users/me HTTP/1.1', `Authorization: ${value}`])
    expect([value.replaceAll(token, '<token>'), reply.status]).toEqual([value.replaceAll(token, '<token>'), 401])
  }
})

test('B1: two Authorization headers are refused; neither the first nor the last wins', async () => {
  const good = `Authorization: Bearer ${superuser.token}`
  const other = `Authorization: Bearer ${tenantUser.token}`
  for (const lines of [
    [good, 'Authorization: Bearer forged.forged.forged'],
    ['Authorization: Bearer forged.forged.forged', good],
    [good, other],
    [other, good],
    [good, good],
  ]) {
    const reply = await sendRaw(app, ['GET /users/me HTTP/1.1', ...lines])
    expect(reply.status).toBe(401)
  }
})

test('B1: a token in the address, a cookie or a body opens nothing', async () => {
  const { token } = superuser
  for (const [route, options] of [
    [`GET /users/me?access_token=${token}`, {}],
    [`GET /users/me?token=${token}&authorization=Bearer%20${token}`, {}],
    ['GET /users/me', { headers: { cookie: `access_token=${token}; authorization=Bearer ${token}` } }],
    ['GET /users/me', { headers: { 'x-access-token': token, 'proxy-authorization': `Bearer ${token}` } }],
    ['POST /auth/logout', { body: { access_token: token } }],
  ] as const) {
    expect((await call(app, route, options)).status).toBe(401)
  }
})

test('B1: a setup token is no access token', async () => {
  const fresh = await startApp()
  const token = (await makeSetupToken(fresh.services)) ?? ''
  expect(token.length).toBeGreaterThan(40)
  const reply = await call(fresh, 'GET /users/me', { token })
  expect([reply.status, reply.body.code]).toEqual([401, 'auth.token_invalid'])
  await fresh.stop()
})

test('B1: after its time a token is refused, also one that was verified and remembered before', async () => {
  const later = createTestClock()
  const aged = await startApp({ database: app.database, clock: later })
  const person = await signIn(aged, superuser.email)
  const lifetimeMs = aged.services.config.accessTokenSeconds * 1000
  expect((await call(aged, 'GET /users/me', { token: person.token })).status).toBe(200)
  later.advanceMs(lifetimeMs - 5_000)
  expect((await call(aged, 'GET /users/me', { token: person.token })).status).toBe(200)
  later.advanceMs(12_000)
  for (let n = 0; n < 2; n++) expect((await call(aged, 'GET /users/me', { token: person.token })).status).toBe(401)
  await aged.stop()
})

test('B1: after sign-out the token is refused, and nothing was written for any forgery', async () => {
  const person = await signIn(app, superuser.email)
  expect((await call(app, 'POST /auth/logout', { token: person.token })).status).toBe(204)
  const reply = await call(app, 'GET /users/me', { token: person.token })
  expect([reply.status, reply.body.code]).toEqual([401, 'auth.token_invalid'])
  const refreshed = await call(app, 'POST /auth/refresh', { body: { refresh_token: person.refreshToken } })
  expect(refreshed.status).toBe(401)
  const [row] = await asOwner(app, (sql) => sql`select count(*)::int as n from audit_log where outcome = 'denied'`)
  expect(row?.n).toBe(0)
})

test('B1: with JWT_SECRET_KEY_PREVIOUS the tokens of the previous key still open, new ones are signed with the new', async () => {
  const next = 'canary-next-jwt-secret-0123456789abcdefghij'
  const rotated = await startApp({
    database: app.database,
    env: { JWT_SECRET_KEY: next, JWT_SECRET_KEY_PREVIOUS: testSecrets.JWT_SECRET_KEY },
  })
  const old = await signIn(app, superuser.email)
  const fresh = await signIn(rotated, superuser.email)
  const [oldHeader, freshHeader] = [old, fresh].map(({ token }) => token.split('.')[0])
  expect(oldHeader).not.toBe(freshHeader)
  for (const { token } of [old, fresh]) expect((await call(rotated, 'GET /users/me', { token })).status).toBe(200)
  expect((await call(app, 'GET /users/me', { token: fresh.token })).status).toBe(401)
  await rotated.stop()
})
