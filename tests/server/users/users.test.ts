import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { call, type Reply } from '../../support/call.ts'
import { makeSuperuser, makeUser, password, type Person, signIn } from '../../support/people.ts'
import { eventually, openOwner } from '../../support/scenario.ts'
import { startApp, type TestApp } from '../../support/start-app.ts'

let app: TestApp
let superuser: Person
let sql: ReturnType<typeof openOwner>
const missing = '018f0000-0000-7000-8000-00000000abcd'

beforeAll(async () => {
  app = await startApp()
  sql = openOwner(app)
  superuser = await makeSuperuser(app)
})
afterAll(async () => {
  await sql.end()
  await app.stop()
})

const api = (route: string, body?: unknown): Promise<Reply> => call(app, route, { token: superuser.token, body })

describe('POST /admin/users', () => {
  test('gives a verified user of exactly the contract’s fields, and no hash', async () => {
    const body = { email: 'Ada@People.Example', password, full_name: 'Ada', is_owner: true }
    const made = await api('POST /admin/users', body)
    expect(made.status).toBe(201)
    expect(made.body).toEqual({
      id: expect.any(String),
      email: 'ada@people.example',
      full_name: 'Ada',
      scope: 'core',
      tenant_id: null,
      is_active: true,
      is_verified: true,
      is_owner: true,
      is_superuser: false,
      created_at: expect.any(String),
    })
    expect((await api(`GET /admin/users/${made.body.id}`)).body).toEqual(made.body)
    expect((await signIn(app, 'ADA@people.example')).id).toBe(made.body.id)
    const again = await api('POST /admin/users', { email: 'aDa@people.example', password })
    expect([again.status, again.body.code]).toEqual([409, 'user.email_taken'])
  })

  test.each([
    ['a short password', { email: 'x@people.example', password: 'elevenchars' }, 'password'],
    ['a password of 257 characters', { email: 'x@people.example', password: 'x'.repeat(257) }, 'password'],
    ['an address that is none', { email: 'nobody', password }, 'email'],
    ['an address with a line end', { email: 'x@people.example\nbcc: y', password }, 'email'],
    ['a tenant', { email: 'x@people.example', password, tenant_id: 'acme' }, 'tenant_id'],
    ['an id', { email: 'x@people.example', password, id: missing }, 'id'],
    ['a flag that is a text', { email: 'x@people.example', password, is_superuser: 'true' }, 'is_superuser'],
  ])('refuses %s with 422', async (_name, body, path) => {
    const reply = await api('POST /admin/users', body)
    expect([reply.status, reply.body.code, reply.body.errors[0].path]).toEqual([422, 'request.invalid', path])
    expect(reply.text).not.toContain(body.password)
    expect(await sql`select 1 from users where email like 'x@people%'`).toHaveLength(0)
  })
})

describe('PATCH /admin/users/{id}', () => {
  test('changes only what is given', async () => {
    const user = await makeUser(app, superuser)
    for (const change of [{ full_name: 'New' }, { is_owner: true }, { is_verified: false }, { full_name: null }, {}]) {
      const before = (await api(`GET /admin/users/${user.id}`)).body
      const changed = await api(`PATCH /admin/users/${user.id}`, change)
      expect(changed.body).toEqual({ ...before, ...change })
    }
    for (const change of [{ email: 'other@people.example' }, { tenant_id: 'x' }, { created_at: 'x' }]) {
      expect((await api(`PATCH /admin/users/${user.id}`, change)).status).toBe(422)
    }
  })

  test('a new password ends the sessions; the old one does not open any more', async () => {
    const user = await makeUser(app, superuser)
    expect((await api(`PATCH /admin/users/${user.id}`, { password: 'another horse battery staple' })).status).toBe(200)
    // Within a second on every replica (A10).
    await eventually(async () => (await call(app, 'GET /users/me', { token: user.token })).status === 401, 1_000)
    const refreshed = await call(app, 'POST /auth/refresh', { body: { refresh_token: user.refreshToken } })
    expect(refreshed.status).toBe(401)
    const old = await call(app, 'POST /auth/login', { body: { email: user.email, password } })
    expect([old.status, old.body.code]).toEqual([401, 'auth.invalid_credentials'])
  })

  test('switched off, a user is out at once', async () => {
    const user = await makeUser(app, superuser)
    expect((await api(`PATCH /admin/users/${user.id}`, { is_active: false })).body.is_active).toBe(false)
    expect((await call(app, 'GET /users/me', { token: user.token })).status).toBe(401)
  })

  test.each(['GET', 'PATCH', 'DELETE'])('%s of a user that is none is 404 user.not_found', async (method) => {
    for (const id of [missing, 'not-a-uuid', `${missing}0`]) {
      const reply = await api(`${method} /admin/users/${id}`, method === 'PATCH' ? {} : undefined)
      expect([reply.status, reply.body.code]).toEqual([404, 'user.not_found'])
    }
  })
})

test('DELETE is 204, the user is gone and signed out', async () => {
  const user = await makeUser(app, superuser)
  const deleted = await api(`DELETE /admin/users/${user.id}`)
  expect([deleted.status, deleted.text]).toEqual([204, ''])
  expect((await api(`GET /admin/users/${user.id}`)).status).toBe(404)
  expect((await call(app, 'GET /users/me', { token: user.token })).status).toBe(401)
  expect((await api(`DELETE /admin/users/${user.id}`)).status).toBe(404)
})

describe('the last superuser', () => {
  test.each([
    ['demoted', 'PATCH', { is_superuser: false }],
    ['switched off', 'PATCH', { is_active: false }],
    ['deleted', 'DELETE', undefined],
  ])('cannot be %s: 409, and nothing is changed', async (_name, method, body) => {
    const before = (await api(`GET /admin/users/${superuser.id}`)).body
    const reply = await api(`${method} /admin/users/${superuser.id}`, body)
    expect([reply.status, reply.body.code]).toEqual([409, 'user.last_superuser'])
    expect((await api(`GET /admin/users/${superuser.id}`)).body).toEqual(before)
  })

  test('of two that are removed at once, one stays', async () => {
    const second = await makeUser(app, superuser, { is_superuser: true })
    const replies = await Promise.all([
      call(app, `PATCH /admin/users/${second.id}`, { token: superuser.token, body: { is_superuser: false } }),
      call(app, `PATCH /admin/users/${superuser.id}`, { token: second.token, body: { is_superuser: false } }),
    ])
    const [left] = await sql`select count(*)::int as count from users where is_superuser and is_active`
    expect(left?.count).toBe(1)
    // The other met the last one, or was itself demoted before its turn.
    expect(replies.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1)
    await sql`update users set is_superuser = (id = ${superuser.id}) where id in (${superuser.id}, ${second.id})`
    app.services.directories.forget({ kind: 'user', ids: [superuser.id] })
  })

  test('an inactive superuser is none that could save the last', async () => {
    const second = await makeUser(app, superuser, { is_superuser: true })
    await api(`PATCH /admin/users/${second.id}`, { is_active: false })
    expect((await api(`DELETE /admin/users/${superuser.id}`)).status).toBe(409)
    expect((await api(`DELETE /admin/users/${second.id}`)).status).toBe(204)
  })
})

describe('GET /admin/users', () => {
  const emails = ['b@list.example', 'a@list.example', 'd@list.example', 'c_%@list.example']

  beforeAll(async () => {
    for (const [index, email] of emails.entries()) {
      await api('POST /admin/users', { email, password, full_name: `Listed ${index}`, is_owner: index === 0 })
    }
  })

  test.each(['email', '-email', 'created_at', '-created_at'])('by %s, pages hold everybody once', async (sort) => {
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const more: string = cursor ? `&cursor=${cursor}` : ''
      const page: Reply = await api(`GET /admin/users?q=list.example&limit=3&sort=${sort}${more}`)
      seen.push(...page.body.items.map((item: { email: string }) => item.email))
      cursor = page.body.next_cursor
    } while (cursor)
    const order = sort.endsWith('email') ? emails.toSorted() : emails
    expect(seen).toEqual(sort.startsWith('-') ? order.toReversed() : order)
  })

  test('finds by address and name, wildcards taken literally, and filters', async () => {
    const found = async (query: string): Promise<string[]> =>
      (await api(`GET /admin/users?sort=email&${query}`)).body.items.map((item: { email: string }) => item.email)
    expect(await found('q=LISTED%202')).toEqual(['d@list.example'])
    expect(await found('q=_%25@list')).toEqual(['c_%@list.example'])
    expect(await found('q=list.example&is_owner=true')).toEqual(['b@list.example'])
    expect(await found('q=list.example&is_superuser=true')).toEqual([])
    expect(await found('q=list.example&unassigned=true')).toHaveLength(4)
    expect(await found('tenant_id=nobody')).toEqual([])
  })
})

describe('GET /admin/users/counts', () => {
  test('counts every kind, and a list with include=total counts what matches on all pages', async () => {
    const counts = async () => (await api('GET /admin/users/counts')).body
    const before = await counts()
    const second = await makeUser(app, superuser, { is_superuser: true, email: 'second@counts.example' })
    await makeUser(app, superuser, { is_owner: true, email: 'owner@counts.example' })
    const plain = await makeUser(app, superuser, { email: 'plain@counts.example' })
    await api(`PATCH /admin/users/${second.id}`, { is_active: false })
    await api(`PATCH /admin/users/${plain.id}`, { is_verified: false })
    expect(await counts()).toEqual({
      all: before.all + 3,
      superusers: before.superusers + 1,
      active_superusers: before.active_superusers,
      owners: before.owners + 1,
      assigned: before.assigned,
      unassigned: before.unassigned + 3,
    })
    const listed = async (query: string) => (await api(`GET /admin/users?q=counts.example&limit=1&${query}`)).body
    expect(await listed('include=total')).toMatchObject({ total: 3, items: [{ id: plain.id }] })
    expect(await listed('include=total&is_verified=false')).toMatchObject({ total: 1, items: [{ id: plain.id }] })
    expect(await listed('include=total&unassigned=false')).toMatchObject({ total: 0, items: [] })
    expect(await listed('')).not.toHaveProperty('total')
  })
})
