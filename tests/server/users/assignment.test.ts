import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { call, type Reply } from '../../support/call.ts'
import { makeSuperuser, makeTenant, makeUser, type Person, signIn } from '../../support/people.ts'
import { openOwner } from '../../support/scenario.ts'
import { startApp, type TestApp } from '../../support/start-app.ts'

let app: TestApp
let superuser: Person
let user: Person
let sql: ReturnType<typeof openOwner>

beforeAll(async () => {
  app = await startApp()
  sql = openOwner(app)
  superuser = await makeSuperuser(app)
  for (const id of ['acme', 'beta']) await makeTenant(app, superuser, id)
})
beforeEach(async () => {
  user = await makeUser(app, superuser)
})
afterAll(async () => {
  await sql.end()
  await app.stop()
})

const api = (route: string, body?: unknown): Promise<Reply> => call(app, route, { token: superuser.token, body })
const assign = (tenant_id: unknown, id = user.id): Promise<Reply> => api(`PUT /admin/users/${id}/tenant`, { tenant_id })
const linkedIn = async (tenant: string): Promise<Record<string, unknown>[]> =>
  Array.from(
    await sql<
      Record<string, unknown>[]
    >`select * from tenant.tenant_users where tenant_id = ${tenant} and id = ${user.id}`,
  )

describe('PUT /admin/users/{id}/tenant', () => {
  test('assigns, answers the user, and makes one linked row without a password', async () => {
    const assigned = await assign('acme')
    expect([assigned.status, assigned.body.tenant_id, assigned.body.id]).toEqual([200, 'acme', user.id])
    expect((await assign('acme')).status).toBe(200)
    const rows = await linkedIn('acme')
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({ core_user_id: user.id, password_hash: null, email: user.email, is_active: true })
  })

  test('an old claim is 401 auth.token_stale on every route; refresh gives the new one', async () => {
    await assign('acme')
    for (const route of ['GET /users/me', 'GET /chat/sessions', 'GET /admin/users']) {
      const stale = await call(app, route, { token: user.token })
      expect([stale.status, stale.body.code]).toEqual([401, 'auth.token_stale'])
    }
    const refreshed = await call(app, 'POST /auth/refresh', { body: { refresh_token: user.refreshToken } })
    expect(refreshed.status).toBe(200)
    const token = refreshed.body.access_token
    expect((await call(app, 'GET /users/me', { token })).body.tenant_id).toBe('acme')
    expect((await call(app, 'GET /chat/sessions', { token })).status).toBe(200)

    await assign('beta')
    const stale = await call(app, 'GET /chat/sessions', { token })
    expect([stale.status, stale.body.code]).toEqual([401, 'auth.token_stale'])
    const again = await call(app, 'POST /auth/refresh', { body: { refresh_token: refreshed.body.refresh_token } })
    expect((await call(app, 'GET /users/me', { token: again.body.access_token })).body.tenant_id).toBe('beta')
  })

  test('whoever is reassigned keeps nothing of the tenant before: no conversation, no session there', async () => {
    await assign('acme')
    user = await signIn(app, user.email)
    const inAcme = await signIn(app, user.email, 'acme')
    const first = await call(app, 'POST /chat', { token: user.token, body: { message: 'In acme' } })
    await assign('beta')
    const refreshed = await call(app, 'POST /auth/refresh', { body: { refresh_token: user.refreshToken } })
    const token = refreshed.body.access_token
    expect((await call(app, 'GET /chat/sessions', { token })).body.items).toEqual([])
    expect((await call(app, `GET /chat/sessions/${first.body.session_id}`, { token })).status).toBe(404)
    expect((await call(app, 'GET /chat/sessions', { token: inAcme.token })).status).toBe(401)
    const refused = await call(app, 'POST /auth/refresh', { body: { refresh_token: inAcme.refreshToken } })
    expect(refused.status).toBe(401)
    const login = { email: user.email, password: user.password }
    const back = await call(app, 'POST /auth/login', { tenant: 'acme', body: login })
    expect([back.status, back.body.code]).toEqual([401, 'auth.invalid_credentials'])
    await assign('acme')
    user = await signIn(app, user.email)
    const sessions = await call(app, 'GET /chat/sessions', { token: user.token })
    expect(sessions.body.items.map((item: { id: string }) => item.id)).toEqual([first.body.session_id])
  })

  test.each([
    ['no tenant of that id', 'nobody', 404, 'tenant.not_found'],
    ['a tenant id that is none', 'NOT AN ID', 404, 'tenant.not_found'],
    ['an empty tenant id', '', 422, 'request.invalid'],
    ['null', null, 422, 'request.invalid'],
  ])('%s is refused, and nothing is changed', async (_name, tenantId, status, code) => {
    const reply = await assign(tenantId)
    expect([reply.status, reply.body.code]).toEqual([status, code])
    expect((await api(`GET /admin/users/${user.id}`)).body.tenant_id).toBeNull()
  })

  test('a user that is none is 404 user.not_found', async () => {
    const reply = await assign('acme', '018f0000-0000-7000-8000-00000000abcd')
    expect([reply.status, reply.body.code]).toEqual([404, 'user.not_found'])
  })

  test('an unlinked user of the tenant with the address is 409 user.email_taken; the two are never merged', async () => {
    await sql`
      insert into tenant.tenant_users (tenant_id, id, email, password_hash)
      values ('acme', gen_random_uuid(), ${user.email.toUpperCase()}, 'own-hash')`
    const reply = await assign('acme')
    expect([reply.status, reply.body.code]).toEqual([409, 'user.email_taken'])
    expect((await api(`GET /admin/users/${user.id}`)).body.tenant_id).toBeNull()
    expect(await linkedIn('acme')).toEqual([])
    const [own] = await sql`select * from tenant.tenant_users where email = ${user.email.toUpperCase()}`
    expect(own).toMatchObject({ core_user_id: null, password_hash: 'own-hash' })
    expect((await assign('beta')).status).toBe(200)
  })

  test('a self-registered user that is not verified is 409, and has no linked row', async () => {
    await api(`PATCH /admin/users/${user.id}`, { is_verified: false })
    const reply = await assign('acme')
    expect(reply.status).toBe(409)
    expect(await linkedIn('acme')).toEqual([])
  })
})

describe('DELETE /admin/users/{id}/tenant', () => {
  test('unassigns with 204; the linked row and the conversations stay, but nothing opens them', async () => {
    await assign('acme')
    user = await signIn(app, user.email)
    const inAcme = await signIn(app, user.email, 'acme')
    await call(app, 'POST /chat', { token: user.token, body: { message: 'Hello' } })
    const gone = await api(`DELETE /admin/users/${user.id}/tenant`)
    expect([gone.status, gone.text]).toEqual([204, ''])
    expect((await api(`GET /admin/users/${user.id}`)).body.tenant_id).toBeNull()
    expect((await call(app, 'GET /users/me', { token: user.token })).body.code).toBe('auth.token_stale')
    expect((await call(app, 'GET /chat/sessions', { token: inAcme.token })).status).toBe(401)
    expect(await linkedIn('acme')).toHaveLength(1)
    expect(await sql`select 1 from tenant.chat_sessions where user_id = ${user.id}`).toHaveLength(1)
    expect((await api(`DELETE /admin/users/${user.id}/tenant`)).status).toBe(204)
  })
})

test('a renamed user is renamed in its tenant, too', async () => {
  await assign('acme')
  await api(`PATCH /admin/users/${user.id}`, { full_name: 'Renamed' })
  expect((await linkedIn('acme'))[0]?.full_name).toBe('Renamed')
})

test('a superuser that enters a tenant by header gets its linked row once, and it is audited once', async () => {
  const token = superuser.token
  for (let time = 0; time < 3; time += 1) {
    expect((await call(app, 'GET /chat/sessions', { token, tenant: 'beta' })).status).toBe(200)
  }
  const rows = await sql`select 1 from tenant.tenant_users where tenant_id = 'beta' and id = ${superuser.id}`
  expect(rows).toHaveLength(1)
  const audited = await sql`select 1 from audit_log where action = 'tenant.entered' and actor_id = ${superuser.id}`
  expect(audited).toHaveLength(1)
})
