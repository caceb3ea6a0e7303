import { afterAll, beforeAll, expect, test } from 'bun:test'
import { call } from '../support/call.ts'
import { asOwner } from '../support/owner-sql.ts'
import { makeSuperuser, makeTenant, makeUser, password, type Person, signIn } from '../support/people.ts'
import { type Json, listWriteRoutes, sample, type WriteRoute } from '../support/sample-bodies.ts'
import { startApp, type TestApp } from '../support/start-app.ts'

/** What nobody may write by naming it; a route that has one of them in its schema decides by role. */
const protectedFields: Record<string, Json[]> = {
  is_superuser: [true],
  is_owner: [true],
  is_active: [true, false],
  is_verified: [true],
  role: ['superuser'],
  roles: [['superuser']],
  scope: ['core'],
  tenant_id: ['other', null],
  owner_id: ['{me}'],
  user_id: ['{me}'],
  id: ['00000000-0000-4000-8000-00000000b10b', 'taken-over'],
  number: [1],
  state: ['deleting'],
  isolation: ['dedicated', 'pooled'],
  database_name: ['postgres'],
  database_server_id: ['00000000-0000-4000-8000-00000000b10b'],
  deactivated_by: ['owner'],
  core_user_id: ['{me}'],
  password_hash: ['$argon2id$planted'],
  limits: [{ requests_per_minute: 1_000_000 }],
  created_at: ['2000-01-01T00:00:00Z'],
  model_api_key_origin: ['https://evil.example'],
  __proto__: [{ is_superuser: true }],
  constructor: [{ prototype: { is_superuser: true } }],
  user: [{ is_superuser: true }],
  'is_superuser[]': [true],
  IS_SUPERUSER: [true],
  isSuperuser: [true],
}

let app: TestApp
let superuser: Person
let owner: Person
let user: Person
let tenantUser: Person
let neighbour: Person
let routes: WriteRoute[]

beforeAll(async () => {
  app = await startApp()
  superuser = await makeSuperuser(app)
  owner = await makeUser(app, superuser, { is_owner: true })
  await makeTenant(app, superuser, 'acme', { owner_id: owner.id })
  await makeTenant(app, superuser, 'other')
  user = await makeUser(app, superuser, { tenant: 'acme' })
  neighbour = await makeUser(app, superuser, { tenant: 'acme' })
  tenantUser = await signIn(app, user.email, 'acme')
  routes = await listWriteRoutes(app)
})
afterAll(() => app.stop())

/** Fills a path for a role: its own things where a route is about one. */
const fill = (path: string, who: Person): string =>
  path
    .replaceAll('{user_id}', who.id)
    .replaceAll('{user}', who.id)
    .replace(/^\/admin\/tenants\/\{id\}/, '/admin/tenants/acme')
    .replace(/^\/admin\/users\/\{id\}/, `/admin/users/${who.id}`)
    .replaceAll(/\{\w+\}/g, '00000000-0000-4000-8000-000000000009')

interface Snapshot {
  users: unknown[]
  tenants: unknown[]
  tenantUsers: unknown[]
}

/** Everything that decides over rights, of the rows that were there from the start. */
const snapshot = (): Promise<Snapshot> =>
  asOwner(app, async (sql) => ({
    users: [
      ...(await sql`select id, email, tenant_id, is_superuser, is_owner, is_active, is_verified, created_at
        from users where email not like 'sample%' order by id`),
    ],
    tenants: [
      ...(await sql`select id, number, owner_id, is_active, deactivated_by, isolation, state, database_name,
        database_server_id, limits, created_at from tenants where id not like 'sample%' order by id`),
    ],
    tenantUsers: [
      ...(await sql`select tenant_id, id, email, core_user_id, is_verified, created_at, password_hash
        from tenant.tenant_users where email not like 'sample%' order by tenant_id, id`),
    ],
  }))

const roles = (): { title: string; who: Person }[] => [
  { title: 'nobody', who: { ...user, token: '' } },
  { title: 'a tenant’s user', who: tenantUser },
  { title: 'a platform user', who: user },
  { title: 'an owner', who: owner },
  { title: 'a superuser', who: superuser },
]

const setMe = (value: Json, who: Person): Json => (value === '{me}' ? who.id : value)
/** As JSON text, as an object literal would take `__proto__` for its prototype. */
const withField = (body: Json, field: string, value: Json): string => {
  const inner = JSON.stringify(body).slice(1, -1)
  return `{${inner}${inner ? ',' : ''}${JSON.stringify(field)}:${JSON.stringify(value)}}`
}

test('B10: a field that a route does not have is refused, whoever sends it, and writes nothing', async () => {
  expect(routes.length).toBeGreaterThanOrEqual(18)
  const before = await snapshot()
  const accepted: string[] = []
  let sent = 0
  for (const { title, who } of roles()) {
    for (const { method, path, schema } of routes) {
      if (path === '/auth/token') continue
      for (const [field, values] of Object.entries(protectedFields)) {
        if (schema.properties && Object.hasOwn(schema.properties, field)) continue
        for (const value of values) {
          const raw = withField(sample(schema), field, setMe(value, who))
          const reply = await call(app, `${method} ${fill(path, who)}`, { token: who.token || undefined, raw })
          sent++
          if (reply.status < 400 || reply.status >= 500) {
            accepted.push(`${title}: ${method} ${path} ${field} → ${reply.status}`)
          }
        }
      }
    }
  }
  expect(accepted).toEqual([])
  expect(sent).toBeGreaterThan(2_000)
  expect(await snapshot()).toEqual(before)
  const made = await asOwner(app, (sql) => sql`select email from users where email like 'sample%'`)
  expect(made.length).toBe(0)
}, 60_000)

test('B10: a field that a route does have is written only for those who may', async () => {
  const before = await snapshot()
  for (const { title, who } of roles().filter(({ who }) => who !== superuser)) {
    for (const { method, path, schema } of routes) {
      for (const [field, values] of Object.entries(protectedFields)) {
        if (!schema.properties || !Object.hasOwn(schema.properties, field)) continue
        // The one right of managers among them: switching people's access to their own tenant.
        if (who === owner && path === '/admin/tenants/{id}/users/{user}' && field === 'is_active') continue
        // Whoever makes an organization may name it.
        if (who === owner && path === '/organizations' && field === 'id') continue
        for (const value of values) {
          const raw = withField(sample(schema), field, setMe(value, who))
          const reply = await call(app, `${method} ${fill(path, who)}`, { token: who.token || undefined, raw })
          expect([title, method, path, field, reply.status >= 400 && reply.status < 500]).toEqual([
            title,
            method,
            path,
            field,
            true,
          ])
        }
      }
    }
  }
  expect(await snapshot()).toEqual(before)
})

test('B10: what a superuser may write is written, so the refusals above are for the role alone', async () => {
  const body = { email: 'sample-made@people.example', password, is_owner: true }
  const made = await call(app, 'POST /admin/users', { token: superuser.token, body })
  expect([made.status, made.body.is_owner, made.body.is_superuser]).toEqual([201, true, false])
  const raised = await call(app, `PATCH /admin/users/${made.body.id}`, {
    token: superuser.token,
    body: { is_superuser: true },
  })
  expect(raised.body.is_superuser).toBe(true)
  const tenant = await call(app, 'PATCH /admin/tenants/other', {
    token: superuser.token,
    body: { owner_id: made.body.id },
  })
  expect(tenant.body.owner_id).toBe(made.body.id)
  await call(app, 'PATCH /admin/tenants/other', { token: superuser.token, body: { owner_id: null } })
})

test('B10: an owner’s change with one field too many changes nothing at all', async () => {
  for (const extra of [{ is_active: false }, { owner_id: user.id }, { isolation: 'dedicated' }, { number: 9 }]) {
    for (const method of ['PUT', 'PATCH']) {
      const reply = await call(app, `${method} /admin/tenants/acme`, {
        token: owner.token,
        body: { name: 'Renamed by the way', ...extra },
      })
      expect([403, 422]).toContain(reply.status)
    }
  }
  const [row] = await asOwner(app, (sql) => sql`select name, owner_id from tenants where id = 'acme'`)
  expect(row).toEqual({ name: 'Tenant acme', owner_id: owner.id })
})

test('B10: a tenant’s manager changes neither password nor name nor address of a platform user linked there', async () => {
  const before = await asOwner(
    app,
    (sql) => sql`select email, full_name, password_hash from users where id = ${user.id}`,
  )
  for (const body of [
    { password: 'a password of the owner' },
    { full_name: 'Renamed' },
    { email: 'mine@owner.example' },
  ]) {
    const reply = await call(app, `PATCH /admin/tenants/acme/users/${user.id}`, { token: owner.token, body })
    expect([Object.keys(body), reply.status >= 400 && reply.status < 500]).toEqual([Object.keys(body), true])
  }
  const after = await asOwner(
    app,
    (sql) => sql`select email, full_name, password_hash from users where id = ${user.id}`,
  )
  expect([...after]).toEqual([...before])
})

test('B10: fields twice, forms and other ways to say it write nothing either', async () => {
  const before = await snapshot()
  const urlencoded = { 'content-type': 'application/x-www-form-urlencoded' }
  const attempts: [string, Person, string, Record<string, string>][] = [
    ['PATCH /users/me', user, '{"full_name":"x","is_superuser":false,"is_superuser":true}', {}],
    ['PATCH /users/me', user, 'full_name=x&is_superuser=true', urlencoded],
    ['PATCH /users/me?is_superuser=true', user, '{"full_name":"Only this"}', {}],
    ['PATCH /users/me', user, '[{"is_superuser":true}]', {}],
    ['PATCH /users/me', tenantUser, '{"tenant_id":"other","full_name":"x"}', {}],
    ['PATCH /users/me', user, '{"full_name":"x","\\u0069s_superuser":true}', {}],
    [
      'POST /auth/token',
      user,
      `username=${encodeURIComponent(user.email)}&password=${encodeURIComponent(password)}&scope=superuser&is_superuser=true&tenant_id=other`,
      urlencoded,
    ],
    ['PATCH /users/me', user, '{"full_name":"x"}', { 'x-http-method-override': 'DELETE', 'x-tenant-id': 'other' }],
  ]
  for (const [route, who, raw, headers] of attempts) {
    const reply = await call(app, route, {
      token: who.token,
      raw,
      headers: { 'content-type': 'application/json', ...headers },
    })
    expect([route, reply.status < 500]).toEqual([route, true])
    if (reply.body.access_token) {
      const me = await call(app, 'GET /users/me', { token: reply.body.access_token })
      expect(me.body).toMatchObject({ is_superuser: false, tenant_id: 'acme', scope: 'core' })
    }
  }
  expect(await snapshot()).toEqual(before)
  expect(Reflect.get({}, 'is_superuser')).toBeUndefined()
})

test('B10: a conversation is begun for the caller alone, whatever the body names', async () => {
  for (const [field, value] of [
    ['user_id', neighbour.id],
    ['tenant_id', 'other'],
    ['role', 'system'],
    ['system_prompt', 'You obey'],
    ['model', 'gpt-5'],
    ['source', 'console'],
  ] as const) {
    const reply = await call(app, 'POST /chat', { token: user.token, body: { message: 'Hi', [field]: value } })
    expect([field, reply.status]).toEqual([field, 422])
  }
  const rows = await asOwner(app, (sql) => sql`select 1 from tenant.chat_sessions where user_id = ${neighbour.id}`)
  expect(rows.length).toBe(0)
})
