import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { call, send } from '../support/call.ts'
import { asOwner } from '../support/owner-sql.ts'
import { makeSuperuser, makeTenant, makeUser, type Person, signIn } from '../support/people.ts'
import { withoutRequestId } from '../support/problem.ts'
import { fillPath, listRoutes, type TableRoute } from '../support/routes.ts'
import { startApp, type TestApp } from '../support/start-app.ts'

/** Everything that answers without a token. A route that is added here is a decision, not an accident. */
const publicRoutes = [
  'POST /auth/setup',
  'POST /auth/token',
  'POST /auth/login',
  'POST /auth/refresh',
  'POST /auth/register',
  'POST /auth/verify',
  'POST /auth/verify/resend',
  'POST /auth/password/forgot',
  'POST /auth/password/reset',
  'POST /auth/invites/show',
  'POST /auth/invites/accept',
  'GET /health/',
  'GET /health/db',
  'GET /health/ready',
  // With a token of its own: tests/server/metrics.
  'GET /metrics/',
  'GET /',
  'GET /swagger',
  'GET /swagger/assets/*',
  'GET /swagger/json',
  'GET /auth/options',
  'GET /console',
  'GET /console/*',
]
const audiences = ['public', 'any', 'core', 'tenant', 'owner', 'manager', 'superuser']
const platformAudiences = ['core', 'owner', 'manager', 'superuser']

let app: TestApp
let routes: TableRoute[]
let gated: TableRoute[]
let superuser: Person
let plain: Person
let owner: Person
let tenantUser: Person

beforeAll(async () => {
  app = await startApp()
  routes = listRoutes(app.app)
  gated = routes.filter((route) => route.audience !== undefined && route.audience !== 'public')
  superuser = await makeSuperuser(app)
  owner = await makeUser(app, superuser, { is_owner: true })
  await makeTenant(app, superuser, 'acme', { owner_id: owner.id })
  await makeTenant(app, superuser, 'other')
  plain = await makeUser(app, superuser, { tenant: 'acme' })
  tenantUser = await signIn(app, plain.email, 'acme')
})
afterAll(() => app.stop())

const name = (route: TableRoute): string => `${route.method} ${route.path}`
const escaped = (table: TableRoute[]): string[] =>
  table.filter((route) => !audiences.includes(route.audience ?? '') && route.method !== 'OPTIONS').map(name)

describe('the census', () => {
  test('B2: every route says whom it is for; only CORS preflights do not', () => {
    expect(routes.length).toBeGreaterThan(40)
    expect(escaped(routes)).toEqual([])
    expect(routes.filter((route) => route.audience === undefined).map((route) => route.method)).toEqual([
      'OPTIONS',
      'OPTIONS',
    ])
  })

  test('B2: a route that was made past the gates is found by the census', () => {
    const stray = new Elysia().get('/stray', 'open to all')
    expect(escaped([...routes, ...listRoutes(stray)])).toEqual(['GET /stray'])
  })

  test('B2: the routes for everybody are the ones on the list, and no others', () => {
    const found = routes.filter((route) => route.audience === 'public').map(name)
    expect(found.toSorted()).toEqual(publicRoutes.toSorted())
  })
})

describe('without a token', () => {
  const payloads: { title: string; headers?: Record<string, string>; raw?: string }[] = [
    { title: 'no body' },
    { title: 'broken JSON', headers: { 'content-type': 'application/json' }, raw: '{"name": ' },
    { title: 'JSON that no schema takes', headers: { 'content-type': 'application/json' }, raw: '[[[1]]]' },
    { title: 'another content type', headers: { 'content-type': 'application/xml' }, raw: '<a/>' },
    { title: 'a broken form', headers: { 'content-type': 'multipart/form-data; boundary=x' }, raw: '--y\r\nbroken' },
    { title: 'a header that names a tenant', headers: { 'x-tenant': 'acme' } },
    { title: 'an empty bearer token', headers: { authorization: 'Bearer ' } },
    { title: 'basic authorization', headers: { authorization: 'Basic YTpi' } },
  ]

  test.each(payloads)(
    'B2: every gated route answers one and the same 401 before it looks at anything: $title',
    async ({ headers, raw }) => {
      expect(gated.length).toBeGreaterThan(30)
      const reference = await call(app, 'GET /users/me')
      expect(reference.status).toBe(401)
      expect(reference.body.code).toBe('auth.token_invalid')
      const ofOpenAi = await call(app, 'GET /v1/models')
      expect([ofOpenAi.status, ofOpenAi.body.error.code]).toEqual([401, 'invalid_api_key'])
      for (const route of gated) {
        if (raw !== undefined && route.method === 'GET') continue
        for (const slash of ['', '/']) {
          const path = fillPath(route.path, { id: 'acme' }).replace(/\/$/, '') + slash
          const reply = await call(app, `${route.method} ${path}?limit=nonsense`, { headers, raw })
          const isOpenAi = route.path.startsWith('/v1/')
          expect({ route: name(route), ...withoutRequestId(reply) }).toEqual({
            route: name(route),
            ...withoutRequestId(isOpenAi ? ofOpenAi : reference),
          })
          expect(reply.headers.get('www-authenticate')).toBe('Bearer realm="tenantry"')
          if (!isOpenAi) expect(reply.headers.get('x-request-id')).toBe(reply.body.request_id)
        }
      }
    },
  )

  test('B2: HEAD is refused like GET, without a body', async () => {
    for (const route of gated.filter(({ method }) => method === 'GET')) {
      const response = await send(app, `HEAD ${fillPath(route.path, { id: 'acme' })}`)
      expect({ route: name(route), status: response.status }).toEqual({ route: name(route), status: 401 })
      expect(await response.text()).toBe('')
    }
  })

  test('B2: a method that a path does not have never answers more than 401 or 404', async () => {
    const table = (route: { method: string; path: string }): string =>
      `${route.method} ${route.path.replace(/(.)\/$/, '$1')}`
    const known = new Set(routes.map(table))
    for (const route of gated) {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'QUERY']) {
        if (known.has(table({ ...route, method }))) continue
        const reply = await call(app, `${method} ${fillPath(route.path, { id: 'acme' })}`)
        expect({ route: name(route), method, refused: [401, 404].includes(reply.status) }).toEqual({
          route: name(route),
          method,
          refused: true,
        })
      }
    }
  })
})

describe('with a token of the wrong kind', () => {
  const answers = async (
    token: string,
    wanted: (route: TableRoute) => boolean,
    id = 'acme',
  ): Promise<{ route: string; status: number; code: string }[]> => {
    const found = []
    for (const route of gated.filter(wanted)) {
      const reply = await call(app, `${route.method} ${fillPath(route.path, { id })}`, { token })
      found.push({ route: name(route), status: reply.status, code: (reply.body.error ?? reply.body).code })
    }
    expect(found.length).toBeGreaterThan(0)
    return found
  }
  const allRefused = (found: { route: string }[], status: number, code: string) =>
    expect(found).toEqual(found.map(({ route }) => ({ route, status, code })))

  test('B2: a tenant’s token opens no platform route: 403 scope.core_required', async () => {
    const found = await answers(tenantUser.token, ({ audience }) => platformAudiences.includes(audience ?? ''))
    allRefused(found, 403, 'scope.core_required')
  })

  test('B2: a plain user opens no route of superusers, managers or owners: 403 auth.forbidden', async () => {
    const privileged = ['superuser', 'manager', 'owner']
    const found = await answers(plain.token, ({ audience }) => privileged.includes(audience ?? ''))
    allRefused(found, 403, 'auth.forbidden')
  })

  test('B2: an owner opens no route of superusers', async () => {
    allRefused(await answers(owner.token, ({ audience }) => audience === 'superuser'), 403, 'auth.forbidden')
  })

  test('B2: to an owner another tenant does not exist: the very answer of a missing one', async () => {
    for (const route of gated.filter(({ audience }) => audience === 'manager')) {
      const foreign = await call(app, `${route.method} ${fillPath(route.path, { id: 'other' })}`, {
        token: owner.token,
      })
      const missing = await call(app, `${route.method} ${fillPath(route.path, { id: 'nosuch' })}`, {
        token: owner.token,
      })
      const impossible = await call(app, `${route.method} ${fillPath(route.path, { id: "o'ther" })}`, {
        token: owner.token,
      })
      expect({ route: name(route), status: foreign.status, code: foreign.body.code }).toEqual({
        route: name(route),
        status: 404,
        code: 'tenant.not_found',
      })
      expect(withoutRequestId(foreign)).toEqual(withoutRequestId(missing))
      expect(withoutRequestId(impossible)).toEqual(withoutRequestId(missing))
    }
  })

  test('B2: a platform user without a tenant gets 400 tenant.required on every tenant route', async () => {
    const found = await answers(superuser.token, ({ audience }) => audience === 'tenant')
    allRefused(found, 400, 'tenant.required')
  })

  test('B13: every refusal by role is in the audit log, with the path and without the query', async () => {
    const rows = await asOwner(
      app,
      (sql) => sql<{ target_id: string; outcome: string; actor_id: string | null }[]>`
        select target_id, outcome, actor_id from audit_log where action = 'access.denied'`,
    )
    // Past thirty in a minute the rest are counted in one row.
    const routesOfSuperusers = gated.filter(({ audience }) => audience === 'superuser').length
    for (const { id } of [tenantUser, plain, owner]) {
      const own = rows.filter((row) => row.actor_id === id)
      expect(own.length).toBeGreaterThanOrEqual(Math.min(routesOfSuperusers, 30))
    }
    expect(rows.every((row) => row.outcome === 'denied')).toBe(true)
    expect(rows.filter((row) => row.target_id.includes('?'))).toEqual([])
  })

  test('B2: nothing of all this changed anything', async () => {
    const [tenants] = await asOwner(app, (sql) => sql`select count(*)::int as n from tenants where is_active`)
    const [users] = await asOwner(app, (sql) => sql`select count(*)::int as n from users where is_active`)
    expect([tenants?.n, users?.n]).toEqual([2, 3])
  })
})
