import { afterAll, beforeAll, expect, test } from 'bun:test'
import { call } from '../../support/call.ts'
import { makeSuperuser, makeTenant, makeUser, password, type Person, signIn } from '../../support/people.ts'
import { startApp, type TestApp } from '../../support/start-app.ts'

let app: TestApp
let superuser: Person

beforeAll(async () => {
  app = await startApp()
  superuser = await makeSuperuser(app)
  await makeTenant(app, superuser, 'acme')
  await makeTenant(app, superuser, 'beta')
})
afterAll(() => app.stop())

const as = (route: string, body?: unknown) => call(app, route, { token: superuser.token, body })

test('one address lives in two tenants with different passwords, and each signs in only where it is', async () => {
  const email = 'Una@People.example'
  const first = await as('POST /admin/tenants/acme/users', { email, password })
  const second = await as('POST /admin/tenants/beta/users', { email, password: `${password} two` })
  expect([first.status, second.status]).toEqual([201, 201])
  expect(first.body).toMatchObject({
    email: 'una@people.example',
    scope: 'tenant',
    tenant_id: 'acme',
    is_verified: true,
  })
  expect((await signIn(app, email, 'acme')).id).toBe(first.body.id)
  const wrong = await call(app, 'POST /auth/login', { tenant: 'beta', body: { email, password } })
  expect(wrong.status).toBe(401)
  expect((await as('POST /admin/tenants/acme/users', { email, password })).body.code).toBe('user.email_taken')
  const log = await as('GET /admin/audit?limit=200')
  expect(log.text).not.toContain('una@people.example')
})

test('both kinds of users are listed, and a platform user is only taken out, never deleted', async () => {
  const assigned = await makeUser(app, superuser, { tenant: 'beta' })
  const { body } = await as('GET /admin/tenants/beta/users')
  const linked = body.items.find((item: { id: string }) => item.id === assigned.id)
  expect(linked).toMatchObject({ is_linked: true, has_access: true, conversations: 0 })
  expect((await as('GET /admin/tenants/beta/users?kind=own')).body.items).toHaveLength(1)
  expect((await as(`PATCH /admin/tenants/beta/users/${assigned.id}`, { password: `${password} new` })).status).toBe(422)
  expect((await as(`DELETE /admin/tenants/beta/users/${assigned.id}`)).status).toBe(204)
  expect((await as(`GET /admin/users/${assigned.id}`)).body.tenant_id).toBeNull()
  const after = await as('GET /admin/tenants/beta/users?kind=linked')
  expect(after.body.items).toMatchObject([{ id: assigned.id, has_access: false }])
})

test('a switched-off user is refused at once, and a deleted one leaves nothing', async () => {
  const made = await as('POST /admin/tenants/acme/users', { email: 'gone@people.example', password })
  const user = await signIn(app, 'gone@people.example', 'acme')
  await call(app, 'POST /chat', { token: user.token, body: { message: 'Hello' } })
  expect((await as(`PATCH /admin/tenants/acme/users/${made.body.id}`, { is_active: false })).body.is_active).toBe(false)
  expect((await call(app, 'GET /users/me', { token: user.token })).status).toBe(401)
  expect((await as(`DELETE /admin/tenants/acme/users/${made.body.id}`)).status).toBe(204)
  expect((await as(`PATCH /admin/tenants/acme/users/${made.body.id}`, { is_active: true })).body.code).toBe(
    'user.not_found',
  )
  expect((await as('GET /admin/tenants/acme/sessions')).body.items).toEqual([])
})

test('an attempt and its outcome are both in the audit log', async () => {
  const made = await as('POST /admin/tenants/acme/users', { email: 'log@people.example', password })
  const { body } = await as(`GET /admin/audit?q=${made.body.id}`)
  const actions = body.items.map((item: { action: string; outcome: string }) => `${item.action} ${item.outcome}`)
  expect(actions).toEqual(['tenant_user.created done', 'tenant_user.created.attempted done'])
})

test('a list tells as what each platform user enters, and how many users there are on all pages', async () => {
  await makeTenant(app, superuser, 'gamma')
  const owner = await makeUser(app, superuser, { is_owner: true })
  expect((await as('PATCH /admin/tenants/gamma', { owner_id: owner.id })).status).toBe(200)
  const assigned = await makeUser(app, superuser, { tenant: 'gamma' })
  const left = await makeUser(app, superuser, { tenant: 'gamma' })
  const deleted = await makeUser(app, superuser, { tenant: 'gamma' })
  const own = await as('POST /admin/tenants/gamma/users', { email: 'own@people.example', password })
  await as(`PUT /admin/users/${left.id}/tenant`, { tenant_id: 'beta' })
  await as(`DELETE /admin/users/${deleted.id}`)
  await as(`PATCH /admin/users/${assigned.id}`, { is_active: false })
  await call(app, 'POST /chat', { token: superuser.token, tenant: 'gamma', body: { message: 'Hello' } })
  const listed = async (query: string) => (await as(`GET /admin/tenants/gamma/users?${query}`)).body
  const { items, total } = await listed('include=total&limit=200')
  const tell = (users: { id: string; linked_as: string | null; has_access: boolean }[]) =>
    Object.fromEntries(users.map(({ id, linked_as, has_access }) => [id, [linked_as, has_access]]))
  const linked = {
    [owner.id]: ['owner', true],
    [assigned.id]: ['assigned', false],
    [left.id]: ['left', false],
    [deleted.id]: ['deleted', false],
  }
  // A superuser who came to try it is no user of the tenant, but is told among the platform users.
  expect(tell(items)).toEqual({ [own.body.id]: [null, true], ...linked })
  expect(total).toBe(5)
  expect((await as('GET /admin/tenants/gamma/counts')).body.users).toBe(5)
  const { items: platformUsers, total: platformTotal } = await listed('include=total&limit=200&kind=linked')
  expect(tell(platformUsers)).toEqual({ ...linked, [superuser.id]: ['superuser', true] })
  expect(platformTotal).toBe(5)
  expect(await listed('limit=1')).not.toHaveProperty('total')
  expect((await as('GET /admin/tenants/gamma/users?include=all')).status).toBe(422)
})
