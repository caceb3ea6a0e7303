import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { call, type CallOptions, type Reply } from '../support/call.ts'
import { makeSuperuser, makeTenant, makeUser, type Person } from '../support/people.ts'
import { openOwner } from '../support/scenario.ts'
import { startApp, type TestApp } from '../support/start-app.ts'

/** E2: whatever a body, path or query holds, the answer is a 4xx problem, and nothing is stored. */

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
afterEach(() => {
  // Nothing that a body held has reached a prototype.
  for (const name of ['polluted', 'is_superuser', 'x']) expect(Reflect.get({}, name)).toBeUndefined()
  expect(Object.keys(Object.prototype)).toEqual([])
  expect(Reflect.get(Function.prototype, 'polluted')).toBeUndefined()
})

const routes: [string, () => Person | undefined][] = [
  ['POST /auth/login', () => undefined],
  ['POST /auth/refresh', () => undefined],
  ['POST /chat', () => user],
  ['POST /chat/stream', () => user],
  ['PATCH /users/me', () => user],
  ['POST /admin/tenants', () => superuser],
  ['PATCH /admin/tenants/acme', () => superuser],
  ['POST /admin/tenants/acme/preview', () => superuser],
  ['POST /admin/tenants/acme/model/test', () => superuser],
  ['POST /admin/users', () => superuser],
]

function expectProblem(reply: Reply, statuses?: number[]): void {
  if (statuses) expect(statuses).toContain(reply.status)
  expect(reply.status).toBeGreaterThanOrEqual(400)
  expect(reply.status).toBeLessThan(500)
  expect(reply.headers.get('content-type')).toBe('application/problem+json')
  expect(reply.body).toMatchObject({ status: reply.status, request_id: reply.headers.get('x-request-id') })
  expect(reply.body.code).toMatch(/^[a-z]+(\.[a-z_]+)+$/)
}

const deep = (open: string, close: string, depth: number): string => open.repeat(depth) + close.repeat(depth)
const utf8 = (...bytes: (string | number[])[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(bytes.flatMap((part) => (typeof part === 'string' ? [...Buffer.from(part)] : part)))

const bodies: [string, string | Uint8Array<ArrayBuffer>][] = [
  ['a list 100,000 deep', deep('[', ']', 100_000)],
  ['an object 100,000 deep', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
  ['a field 100,000 deep', `{"message":${deep('[', ']', 100_000)}}`],
  ['half a list 100,000 deep', '['.repeat(100_000)],
  ['100,000 unknown keys', `{${Array.from({ length: 100_000 }, (_, n) => `"k${n}":1`).join(',')}}`],
  [
    'NUL in a text',
    '{"message":"a\\u0000b","name":"a\\u0000b","id":"nul","email":"a\\u0000@b","refresh_token":"\\u0000"}',
  ],
  ['NUL in a key', '{"a\\u0000":1}'],
  ['a NUL byte', utf8('{"message":"a', [0], 'b"}')],
  [
    'a lone high surrogate',
    '{"message":"\\ud800","name":"\\ud800","id":"x","full_name":"\\ud800","system_prompt":"\\ud800"}',
  ],
  ['a lone low surrogate', '{"message":"\\udc00x","full_name":"\\udc00","system_prompt":"\\udc00","name":"\\udc00"}'],
  ['a lone surrogate in a key', '{"\\ud800":1}'],
  ['a number beyond all', '{"message":1e999}'],
  ['a number of 100,000 digits', `{"message":${'9'.repeat(100_000)}}`],
  ['a list', '[]'],
  ['null', 'null'],
  ['a number', '1'],
  ['a text', '"x"'],
  ['true', 'true'],
  ['broken JSON', '{"message":'],
  ['two values', '{} {}'],
  ['a comment', '{/* x */}'],
  ['a trailing comma', '{"message":"x",}'],
  ['single quotes', "{'message':'x'}"],
  ['NaN', '{"message":NaN}'],
  ['__proto__', '{"__proto__":{"polluted":true,"is_superuser":true}}'],
  ['constructor.prototype', '{"constructor":{"prototype":{"polluted":true}}}'],
  ['__proto__ beside a field', '{"message":"x","__proto__":{"polluted":true},"email":"a@b.c","password":"x"}'],
  ['nested __proto__', '{"retrieval_filter":{"__proto__":{"polluted":true}},"__proto__":{"x":1}}'],
  [
    'toString instead of a text',
    '{"message":{"toString":null},"email":{"toString":null},"name":{"toString":1},"id":"x"}',
  ],
  ['a repeated key', '{"__proto__":1,"__proto__":2}'],
]

describe.each(bodies)('E2: %s', (_name, raw) => {
  test.each(routes)('as the body of %s is a 4xx problem', async (route, who) => {
    expectProblem(await call(app, route, { token: who()?.token, raw }), [400, 401, 413, 422])
  })
})

describe('E2: bytes that are no UTF-8', () => {
  test.each([
    ['a stray continuation byte', [0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['an encoded surrogate', [0xed, 0xa0, 0x80]],
    ['a cut sequence', [0xe2, 0x82]],
    ['a byte order mark amid', [0xff, 0xfe]],
  ])('%s is refused, or stored as well-formed text', async (_name, bytes) => {
    const raw = utf8('{"id":"utf8","name":"a', bytes, 'b"}')
    const reply = await call(app, 'POST /admin/tenants', { token: superuser.token, raw })
    if (reply.status === 201) {
      expect(reply.body.name).toContain('\ufffd')
      const headers = { 'x-confirm': 'utf8' }
      expect(
        (await call(app, 'DELETE /admin/tenants/utf8?purge=true', { token: superuser.token, headers })).status,
      ).toBe(200)
    } else expectProblem(reply, [400, 422])
  })
})

describe('E2: other content', () => {
  const valid = '{"id":"typed","name":"Typed"}'

  test.each([
    'text/plain',
    'application/xml',
    'multipart/form-data',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
    'application/octet-stream',
    'image/png',
    'application/jsonp',
    'x',
    'application/json; charset=utf-16',
  ])('%s instead of JSON makes nothing', async (type) => {
    const options: CallOptions = { token: superuser.token, raw: valid, headers: { 'content-type': type } }
    const reply = await call(app, 'POST /admin/tenants', options)
    if (type.startsWith('application/json;') && reply.status === 201) return
    expectProblem(reply, [400, 415, 422])
    expect(await sql`select 1 from tenants where id = 'typed'`).toHaveLength(0)
  })

  test('no body at all, and an empty one, are 4xx', async () => {
    for (const [route, who] of routes) {
      if (route.endsWith('/test') || route.startsWith('PATCH')) continue
      expectProblem(await call(app, route, { token: who()?.token }), [400, 401, 422])
      expectProblem(await call(app, route, { token: who()?.token, raw: '' }), [400, 401, 422])
    }
  })

  test('a body of more than 2 MB is 413, declared or not', async () => {
    const raw = JSON.stringify({ id: 'huge', name: 'x'.repeat(2_200_000) })
    expectProblem(await call(app, 'POST /admin/tenants', { token: superuser.token, raw }), [413])
    const response = await fetch(`${app.url}/admin/tenants`, {
      method: 'POST',
      headers: { authorization: `Bearer ${superuser.token}`, 'content-type': 'application/json' },
      body: new Blob([raw]).stream(),
    })
    expect(response.status).toBe(413)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    const { code } = (await response.json()) as { code: string }
    expect(code).toBe('request.too_large')
  })

  test('a body of 1,000,000 keys is refused without harm', async () => {
    const raw = `{${Array.from({ length: 1_000_000 }, (_, n) => `"${n.toString(36)}":1`).join(',')}}`
    expectProblem(await call(app, 'POST /admin/tenants', { token: superuser.token, raw }), [413])
    expect((await call(app, 'GET /health')).status).toBe(200)
  })

  test('a body of 40 MB ends in a refusal, and the server goes on', async () => {
    const raw = new Uint8Array(40_000_000).fill(0x61)
    expectProblem(await call(app, 'POST /admin/tenants', { token: superuser.token, raw }), [413])
    expect((await call(app, 'GET /health')).status).toBe(200)
  })
})
