import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { call, type CallOptions, type Reply } from '../support/call.ts'
import { onServer } from '../support/databases.ts'
import { endSessions } from '../support/owner-sql.ts'
import { makeSuperuser, makeTenant, makeUser, type Person } from '../support/people.ts'
import { eventually, openOwner } from '../support/scenario.ts'
import { startApp, type TestApp } from '../support/start-app.ts'

/** Every refusal is RFC 9457's problem object, whoever makes it; every answer names its request. */

let app: TestApp
let superuser: Person
let user: Person
let sql: ReturnType<typeof openOwner>

beforeAll(async () => {
  app = await startApp()
  sql = openOwner(app)
  superuser = await makeSuperuser(app)
  await makeTenant(app, superuser, 'acme')
  user = await makeUser(app, superuser, { tenant: 'acme' })
})
afterAll(async () => {
  await sql.end()
  await app.stop()
})

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/
const always = ['code', 'detail', 'request_id', 'status', 'title', 'type']

function expectProblem(reply: Reply, status: number, code: string): void {
  expect([reply.status, reply.body.code]).toEqual([status, code])
  expect(reply.headers.get('content-type')).toBe('application/problem+json')
  expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
  expect(reply.headers.get('x-request-id')).toMatch(uuid)
  const known = new Set([...always, 'errors'])
  expect(Object.keys(reply.body).filter((name) => !known.has(name))).toEqual([])
  for (const name of always) expect(reply.body).toHaveProperty(name)
  expect(reply.body).toMatchObject({
    type: `urn:tenantry:error:${code}`,
    status,
    request_id: reply.headers.get('x-request-id'),
  })
  for (const error of reply.body.errors ?? []) {
    expect(Object.keys(error).sort()).toEqual(['message', 'path'])
    expect(error.message).not.toBe('')
  }
}

const asSuperuser = (): CallOptions => ({ token: superuser.token })
const refusals: [string, string, () => CallOptions, number, string][] = [
  ['an unknown route', 'GET /nothing', asSuperuser, 404, 'route.not_found'],
  ['an unknown route, anonymous', 'GET /nothing', () => ({}), 404, 'route.not_found'],
  ['an unknown method', 'POST /health', () => ({}), 404, 'route.not_found'],
  ['no token', 'GET /admin/tenants', () => ({}), 401, 'auth.token_invalid'],
  ['no token and broken JSON', 'POST /admin/tenants', () => ({ raw: '{' }), 401, 'auth.token_invalid'],
  ['broken JSON', 'POST /admin/tenants', () => ({ ...asSuperuser(), raw: '{' }), 400, 'request.malformed'],
  ['broken JSON at a public route', 'POST /auth/login', () => ({ raw: '{"' }), 400, 'request.malformed'],
  ['invalid fields', 'POST /admin/tenants', () => ({ ...asSuperuser(), body: {} }), 422, 'request.invalid'],
  ['an invalid query', 'GET /admin/tenants?limit=x', asSuperuser, 422, 'request.invalid'],
  [
    'wrong credentials',
    'POST /auth/login',
    () => ({ body: { email: 'a@b.example', password: 'x' } }),
    401,
    'auth.invalid_credentials',
  ],
  ['a route of superusers', 'GET /admin/tenants', () => ({ token: user.token }), 403, 'auth.forbidden'],
  ['a broken tenant header', 'GET /users/me', () => ({ token: user.token, tenant: 'A,B' }), 400, 'tenant.malformed'],
  ['another tenant', 'GET /users/me', () => ({ token: user.token, tenant: 'other' }), 403, 'tenant.mismatch'],
  ['no tenant', 'GET /chat/sessions', asSuperuser, 400, 'tenant.required'],
  ['a tenant that is none', 'GET /admin/tenants/nobody', asSuperuser, 404, 'tenant.not_found'],
  [
    'a huge body',
    'POST /admin/tenants',
    () => ({ ...asSuperuser(), raw: ' '.repeat(2_500_000) }),
    413,
    'request.too_large',
  ],
  ['a NUL in the path', 'GET /admin/tenants/%00', asSuperuser, 400, 'request.malformed'],
  ['an asset that is none', 'GET /swagger/assets/nothing.js', () => ({}), 404, 'route.not_found'],
]

test.each(refusals)('%s: %s is a problem object', async (_name, route, options, status, code) => {
  expectProblem(await call(app, route, options()), status, code)
})

test('a HEAD that is refused has the headers and no body', async () => {
  const reply = await call(app, 'HEAD /admin/tenants')
  expect([reply.status, reply.text]).toEqual([401, ''])
  expect(reply.headers.get('content-type')).toBe('application/problem+json')
})

test('401 challenges for a bearer token', async () => {
  expect((await call(app, 'GET /users/me')).headers.get('www-authenticate')).toStartWith('Bearer')
})

describe('what fails inside', () => {
  test('is 500 server.error without its text, logged once under the request’s id', async () => {
    await sql.unsafe(`
      create function fail_on_purpose() returns trigger language plpgsql as
        $$ begin raise exception 'canary-database-text'; end $$;
      create trigger fail_on_purpose before insert on tenants for each row execute function fail_on_purpose()`)
    const reply = await call(app, 'POST /admin/tenants', { ...asSuperuser(), body: { id: 'x', name: 'X' } })
    await sql`drop trigger fail_on_purpose on tenants`
    expectProblem(reply, 500, 'server.error')
    for (const text of ['canary', 'insert', 'tenants', 'fail_on_purpose', 'Error'])
      expect(reply.text).not.toContain(text)
    const lines = app.logLines.filter(
      (line) => line.includes(reply.body.request_id) && line.includes('"level":"error"'),
    )
    expect(lines).toHaveLength(1)
  })

  test('is 503 server.unavailable with Retry-After when the database is cut off, and is over when it is back', async () => {
    const own = await startApp()
    const admin = await makeSuperuser(own)
    const { name } = own.database
    await onServer(async (server) => {
      await server`alter database ${server(name)} allow_connections false`
      await endSessions(server, { database: name })
    })
    // The first meets the broken connection, the others a database that takes no new one.
    for (let time = 0; time < 3; time += 1) {
      const reply = await call(own, 'GET /admin/users', { token: admin.token })
      expectProblem(reply, 503, 'server.unavailable')
      expect(reply.headers.get('retry-after')).toBe('2')
    }
    const health = await call(own, 'GET /health/db')
    expect([health.status, health.headers.get('content-type')]).toEqual([503, 'application/problem+json'])
    expect((await call(own, 'GET /health')).status).toBe(200)
    await onServer((server) => server`alter database ${server(name)} allow_connections true`)
    await eventually(async () => (await call(own, 'GET /admin/users', { token: admin.token })).status === 200)
    await own.stop()
  }, 15_000)
})

describe('x-request-id', () => {
  test.each([
    'GET /health',
    'GET /',
    'GET /swagger',
    'GET /swagger/json',
    'GET /console/',
    'GET /nothing',
    'GET /users/me',
    'OPTIONS /chat/stream',
    'HEAD /health',
    'DELETE /auth/login',
  ])('is on the answer to %s, new each time, and never the caller’s', async (route) => {
    const headers = { 'x-request-id': 'chosen-by-the-caller' }
    const [first, second] = [await call(app, route, { headers }), await call(app, route, { headers })]
    expect(first.headers.get('x-request-id')).toMatch(uuid)
    expect(second.headers.get('x-request-id')).toMatch(uuid)
    expect(first.headers.get('x-request-id')).not.toBe(second.headers.get('x-request-id'))
  })

  test('is on streams and 204s, and in the log', async () => {
    const stream = await call(app, 'POST /chat/stream', { token: user.token, body: { message: 'Hi' } })
    expect(stream.headers.get('x-request-id')).toMatch(uuid)
    const made = await call(app, 'POST /admin/tenants', { ...asSuperuser(), body: { id: 'gone', name: 'Gone' } })
    const gone = await call(app, 'DELETE /admin/tenants/gone', asSuperuser())
    expect(gone.status).toBe(204)
    for (const reply of [stream, made, gone]) {
      const id = reply.headers.get('x-request-id') ?? 'none'
      await eventually(() => app.logLines.some((line) => line.includes(id) && line.includes('"msg":"request"')))
    }
  })
})
