import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { call, type Reply } from '../support/call.ts'
import { makeSuperuser, makeTenant, makeUser, type Person } from '../support/people.ts'
import { startApp, type TestApp } from '../support/start-app.ts'

/** E2: paths, queries, cursors, limits and headers that are none. */

let app: TestApp
let superuser: Person
let user: Person

beforeAll(async () => {
  app = await startApp()
  superuser = await makeSuperuser(app)
  await makeTenant(app, superuser, 'acme')
  user = await makeUser(app, superuser, { tenant: 'acme' })
})
afterAll(() => app.stop())

function expectProblem(reply: Reply): void {
  expect(reply.status).toBeGreaterThanOrEqual(400)
  expect(reply.status).toBeLessThan(500)
  expect(reply.headers.get('content-type')).toBe('application/problem+json')
  expect(reply.body).toMatchObject({ status: reply.status, request_id: reply.headers.get('x-request-id') })
}

const lists: [string, () => Person, string[]][] = [
  ['/admin/tenants', () => superuser, ['created_at', 'updated_at', 'name', 'id']],
  ['/admin/users', () => superuser, ['created_at', 'email']],
  ['/admin/tenants/acme/prompts', () => superuser, []],
  ['/admin/tenants/acme/sessions', () => superuser, ['updated_at']],
  ['/admin/audit', () => superuser, []],
  ['/chat/sessions', () => user, ['updated_at', 'created_at']],
]
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const uuid = '018f0000-0000-7000-8000-000000000001'
const times = [
  'x',
  '',
  '2026-02-30 00:00:00+00',
  '2026-13-01 00:00:00+00',
  '2026-01-01 24:00:01+00',
  '2026-01-01 00:00:60.5+00',
  '0000-01-01 00:00:00+00',
  '9999-12-31 23:59:59+00; select 1',
  '2026-01-01 00:00:00+99',
  'infinity',
  'now',
  "2026-01-01 00:00:00+00'",
  'a\u0000b',
  '\ud800',
]

describe.each(lists)('E2: GET %s', (path, who, sorts) => {
  const get = (query: string): Promise<Reply> => call(app, `GET ${path}?${query}`, { token: who().token })

  test.each([
    'x',
    '%00',
    '=',
    '💥',
    '../../etc/passwd',
    'bnVsbA',
    encode(null),
    encode([]),
    encode({}),
    encode([1, 2, 3]),
    encode(['created_at', 'x', uuid]),
    encode(['__proto__', 'x', uuid]),
    encode(['updated_at', ['x'], uuid]),
    'A'.repeat(601),
    `${encode(['created_at'])}%ff`,
  ])('the cursor %s is a 4xx', async (cursor) => {
    expectProblem(await get(`cursor=${cursor}`))
  })

  test('a cursor whose time PostgreSQL cannot read is a 4xx in every order', async () => {
    for (const sort of [...sorts, 'version', 'at']) {
      for (const value of times) {
        for (const id of [uuid, 'acme', 'x', '']) {
          if (sort === 'version' || (['name', 'id', 'email'].includes(sort) && !value.includes('\u0000'))) continue
          const query = sorts.includes(sort) ? `sort=${sort}&` : ''
          const reply = await get(`${query}cursor=${encode([sort, value, id])}`)
          expect({ sort, value, id, status: reply.status }).toMatchObject({ status: 422 })
        }
      }
    }
  })

  test('a cursor of another order or list is 422', async () => {
    const reply = await get(`cursor=${encode(['somewhere', '2026-01-01 00:00:00+00', uuid])}`)
    expect([reply.status, reply.body.code]).toEqual([422, 'request.invalid'])
    expect(reply.body.errors[0].path).toBe('cursor')
  })

  test.each(['0', '-1', '201', '1e9', '1.5', 'x', '', ' ', 'NaN', '9'.repeat(400), '1,2', '%00', '1%20or%201=1'])(
    'the limit %p is a 4xx',
    async (limit) => {
      expectProblem(await get(`limit=${limit}`))
    },
  )

  test.each(['%', '%zz', '%E0%A4%A', '%ff', '%ed%a0%80', '%00', '%c0%af'])(
    'the text %p in a query never fails the server',
    async (q) => {
      for (const query of [`q=${q}`, `${q}=x`, `sort=${q}`, `cursor=${q}`]) {
        const reply = await get(query)
        expect({ query, failed: reply.status >= 500 }).toEqual({ query, failed: false })
        if (reply.status !== 200) expectProblem(reply)
      }
    },
  )
})

test.each([
  'from=2026-02-30T00:00:00Z',
  'from=2016-12-31T23:59:60Z',
  'from=0000-01-01T00:00:00Z',
  'to=9999-12-31T23:59:59Z',
  'to=-000001-01-01T00:00:00Z',
  'from=%2B275760-09-13T00:00:00Z',
  'from=2026-01-01T24:00:00Z',
  'from=2026-01-01T00:00:00%2B23:59',
  'from=x',
  'actor_id=x',
  'outcome=x',
  'action=%ff',
])('E2: times and filters of the audit log: %s never fails the server', async (query) => {
  const reply = await call(app, `GET /admin/audit?${query}`, { token: superuser.token })
  expect(reply.status).toBeLessThan(500)
  if (reply.status !== 200) expectProblem(reply)
})

test.each([
  '/admin/tenants/%00',
  '/admin/tenants/acme%00',
  '/admin/tenants/%zz',
  '/admin/tenants/%',
  '/admin/tenants/%E0%A4%A',
  '/admin/tenants/%ff',
  '/admin/tenants/%2e%2e',
  '/admin/tenants/acme%2fprompts',
  '/admin/tenants/acme/prompts/%00/restore',
  `/admin/tenants/${'a'.repeat(10_000)}`,
  '/admin/users/%ed%a0%80',
  '/admin/users/__proto__',
  '/admin/users/constructor',
  '/chat/sessions/%00',
  '/chat/sessions/%ff/messages',
  '/__proto__',
  '/constructor',
  '/console/%00',
  '/swagger/assets/%2e%2e%2f%2e%2e%2fetc%2fpasswd',
  '/swagger/assets/..%5c..%5cetc',
  '/admin//tenants',
])('E2: the path %s is a 4xx problem with every method', async (path) => {
  for (const method of ['GET', 'POST', 'PATCH', 'PUT', 'DELETE']) {
    const body = method === 'GET' || method === 'DELETE' ? undefined : {}
    const reply = await call(app, `${method} ${path}`, {
      token: path.startsWith('/chat') ? user.token : superuser.token,
      body,
    })
    expectProblem(reply)
  }
})

test.each([
  ['a method that is none', 'FETCH /health HTTP/1.1\r\nHost: localhost.example\r\nConnection: close\r\n\r\n'],
  ['a Host of one letter', 'GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
  [
    'an absolute address',
    'GET http://other.example/health HTTP/1.1\r\nHost: localhost.example\r\nConnection: close\r\n\r\n',
  ],
  ['no Host', 'GET /health HTTP/1.1\r\nConnection: close\r\n\r\n'],
  ['a raw NUL in the path', 'GET /hea\0lth HTTP/1.1\r\nHost: localhost.example\r\nConnection: close\r\n\r\n'],
  [
    'two lengths',
    'POST /auth/login HTTP/1.1\r\nHost: localhost.example\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
  ],
  [
    'length and chunks',
    'POST /auth/login HTTP/1.1\r\nHost: localhost.example\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['a negative length', 'POST /auth/login HTTP/1.1\r\nHost: localhost.example\r\nContent-Length: -1\r\n\r\n'],
  ['no HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
])('E2: %s on the wire does not fail the server', async (_name, text) => {
  expect(await sendRaw(text)).not.toMatch(/^HTTP\/1\.1 50[0-4]/)
  expect((await call(app, 'GET /health')).status).toBe(200)
})

/** Writes bytes to the server and reads what comes until it closes, for a second at most. */
function sendRaw(text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(app.url).port) })
    const end = (): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(1_000, end)
    socket.on('connect', () => socket.end(text, 'latin1'))
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')))
    socket.on('close', end)
    socket.on('error', end)
  })
}
