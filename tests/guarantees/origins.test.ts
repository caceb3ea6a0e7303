import { afterAll, beforeAll, expect, test } from 'bun:test'
import { call } from '../support/call.ts'
import { makeSuperuser, type Person } from '../support/people.ts'
import { sendRaw } from '../support/raw-http.ts'
import { fillPath, listRoutes } from '../support/routes.ts'
import { startApp, type TestApp } from '../support/start-app.ts'

const allowed = ['https://app.example', 'http://localhost:3000']
const foreign = [
  'https://evil.example',
  'null',
  'http://app.example',
  'https://app.example:8443',
  'https://app.example.evil.example',
  'https://evil-app.example',
  'https://sub.app.example',
  'https://APP.example',
  'HTTPS://app.example',
  'https://app.example/',
  'https://app.example.',
  'https://app.example, https://evil.example',
  'https://evil.example, https://app.example',
  'https://app.example@evil.example',
  'https://app.example%2eevil.example',
  'http://localhost',
  'http://localhost:30000',
  'http://127.0.0.1:3000',
  'app.example',
  '*',
  'file://',
  'chrome-extension://app.example',
]

let app: TestApp
let superuser: Person

beforeAll(async () => {
  app = await startApp({ env: { BACKEND_CORS_ORIGINS: allowed.join(',') } })
  superuser = await makeSuperuser(app)
})
afterAll(() => app.stop())

const corsHeaders = (headers: Headers): string[] =>
  [...headers.keys()].filter((name) => name.startsWith('access-control-allow-origin'))

test('B11: no foreign origin is ever allowed, on answers, errors and preflights', async () => {
  for (const origin of foreign) {
    for (const [route, options] of [
      ['GET /health', {}],
      ['GET /users/me', {}],
      ['GET /users/me', { token: superuser.token }],
      ['POST /auth/login', { body: {} }],
      ['GET /nowhere', {}],
      ['OPTIONS /users/me', { headers: { 'access-control-request-method': 'GET' } }],
      ['OPTIONS /auth/refresh', { headers: { 'access-control-request-method': 'POST' } }],
    ] as [string, { token?: string; body?: unknown; headers?: Record<string, string> }][]) {
      const reply = await call(app, route, { ...options, headers: { ...options.headers, origin } })
      expect([origin, route, corsHeaders(reply.headers)]).toEqual([origin, route, []])
      expect(reply.headers.get('access-control-allow-credentials')).toBeNull()
    }
  }
})

test('B11: two Origin headers, one of them allowed, are not allowed', async () => {
  for (const lines of [
    ['Origin: https://evil.example', 'Origin: https://app.example'],
    ['Origin: https://app.example', 'Origin: https://evil.example'],
  ]) {
    const reply = await sendRaw(app, ['GET /health HTTP/1.1', ...lines])
    expect(reply.head.toLowerCase()).not.toContain('access-control-allow-origin: https://evil')
    expect(reply.head.toLowerCase()).not.toContain('access-control-allow-origin')
  }
})

test('B11: a preflight of an allowed origin answers 204 without a token, with exactly the contract’s headers', async () => {
  const paths = new Set(listRoutes(app.app).map((route) => fillPath(route.path, { id: 'acme' })))
  expect(paths.size).toBeGreaterThan(20)
  for (const path of paths) {
    const reply = await call(app, `OPTIONS ${path}`, {
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'PATCH',
        'access-control-request-headers': 'authorization, x-tenant, x-evil',
      },
    })
    expect([path, reply.status, reply.text]).toEqual([path, 204, ''])
    const read = (name: string) => reply.headers.get(`access-control-${name}`)
    const list = (name: string) => read(name)?.split(/,\s*/).toSorted()
    expect(read('allow-origin')).toBe('https://app.example')
    expect(list('allow-headers')).toEqual(
      ['authorization', 'content-type', 'idempotency-key', 'last-event-id', 'x-tenant'].toSorted(),
    )
    expect(list('allow-methods')).toEqual(['DELETE', 'GET', 'PATCH', 'POST', 'PUT'])
    expect(read('max-age')).toBe('600')
    expect(read('allow-credentials')).toBeNull()
    expect(reply.headers.get('vary')?.toLowerCase()).toContain('origin')
  }
})

test('B11: an allowed origin may read every answer, errors of every kind included', async () => {
  const origin = 'http://localhost:3000'
  const json = { 'content-type': 'application/json' }
  const cases: [string, number, { token?: string; tenant?: string; raw?: string; headers?: Record<string, string> }][] =
    [
      ['GET /health', 200, {}],
      ['GET /users/me', 200, { token: superuser.token }],
      ['GET /users/me', 401, {}],
      ['GET /users/me', 400, { token: superuser.token, tenant: 'A,B' }],
      ['GET /nowhere', 404, {}],
      ['GET /admin/tenants/nowhere', 404, { token: superuser.token }],
      ['POST /auth/login', 422, { raw: '{}', headers: json }],
      ['POST /auth/login', 400, { raw: '{"', headers: json }],
      ['POST /auth/login', 413, { raw: 'x'.repeat(2_200_000), headers: json }],
      ['GET /health?x=%00', 400, {}],
      ['POST /admin/users', 401, { raw: '{"', headers: json }],
      ['GET /admin/users?limit=0', 422, { token: superuser.token }],
    ]
  for (const [route, status, options] of cases) {
    const reply = await call(app, route, { ...options, headers: { ...options.headers, origin } })
    expect([route, reply.status, reply.headers.get('access-control-allow-origin')]).toEqual([route, status, origin])
    const exposed = reply.headers.get('access-control-expose-headers') ?? ''
    expect(exposed.split(/,\s*/)).toEqual(
      expect.arrayContaining(['x-request-id', 'retry-after', 'x-ratelimit-limit-requests', 'x-ratelimit-reset-tokens']),
    )
    expect(reply.headers.get('x-request-id')).not.toBeNull()
    expect(reply.headers.get('vary')?.toLowerCase()).toContain('origin')
  }
})

test('B11: without configured origins nobody is allowed, and "*" stops the start', async () => {
  const closed = await startApp({ database: app.database })
  for (const origin of [...allowed, closed.url]) {
    const reply = await call(closed, 'GET /health', { headers: { origin } })
    expect(corsHeaders(reply.headers)).toEqual([])
  }
  await closed.stop()
  for (const value of ['*', 'https://app.example,*', '["*"]', 'https://*.example', 'null']) {
    const refused = startApp({ database: app.database, env: { BACKEND_CORS_ORIGINS: value } })
    expect([
      value,
      await refused.then(
        async (started) => (await started.stop(), 'started'),
        (error: unknown) => String(error),
      ),
    ]).toEqual([value, expect.stringContaining('BACKEND_CORS_ORIGINS')])
  }
})
