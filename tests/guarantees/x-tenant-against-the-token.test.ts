import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { call, type Reply } from '../support/call.ts'
import { type FakeOpenAi, startFakeOpenAi } from '../support/fake-openai.ts'
import { asOwner } from '../support/owner-sql.ts'
import { makeSuperuser, makeTenant, makeUser, type Person, signIn } from '../support/people.ts'
import { withoutRequestId } from '../support/problem.ts'
import { sendRaw } from '../support/raw-http.ts'
import { startApp, type TestApp } from '../support/start-app.ts'
import { fillStore, type StoreRows } from '../support/store-rows.ts'

let app: TestApp
let openai: FakeOpenAi
let superuser: Person
let owner: Person
let user: Person
let tenantUser: Person
let theirs: StoreRows

beforeAll(async () => {
  openai = await startFakeOpenAi()
  app = await startApp({ env: { OPENAI_API_KEY: 'sk-platform-key', OPENAI_BASE_URL: openai.url } })
  superuser = await makeSuperuser(app)
  owner = await makeUser(app, superuser, { is_owner: true })
  await makeTenant(app, superuser, 'acme', { owner_id: owner.id })
  await makeTenant(app, superuser, 'other')
  await makeTenant(app, superuser, 'asleep', { owner_id: owner.id })
  await call(app, 'DELETE /admin/tenants/asleep', { token: superuser.token })
  user = await makeUser(app, superuser, { tenant: 'acme' })
  tenantUser = await signIn(app, user.email, 'acme')
  theirs = await asOwner(app, (sql) => fillStore(sql, 'other'))
})
afterAll(async () => {
  await app.stop()
  await openai.stop()
})
beforeEach(() => openai.reset())

const audited = (action: string): Promise<{ actor_id: string; target_id: string; outcome: string; count: number }[]> =>
  asOwner(
    app,
    (sql) => sql`select actor_id::text, target_id, outcome, (after ->> 'count')::int as count
      from audit_log where action = ${action} order by at`,
  )

describe('X-TENANT against the token', () => {
  test('A6: a header that differs from the token is refused, whether or not that tenant exists, and audited once', async () => {
    for (const who of [user, tenantUser]) {
      const replies: Reply[] = []
      for (const tenant of ['other', 'nosuch', 'asleep', 'postgres']) {
        for (const route of ['GET /chat/sessions', 'GET /users/me', 'POST /chat', 'POST /chat/stream']) {
          replies.push(
            await call(app, route, {
              token: who.token,
              tenant,
              ...(route.startsWith('POST') ? { body: { message: 'Hi' } } : {}),
            }),
          )
        }
      }
      for (const reply of replies) {
        expect(reply.status).toBe(403)
        expect(reply.body.code).toBe('tenant.mismatch')
        expect(withoutRequestId(reply)).toEqual(withoutRequestId(replies[0]!))
      }
    }
    expect(openai.requests).toEqual([])
    const rows = await audited('tenant.mismatch')
    expect(rows.filter((row) => row.actor_id === user.id)).toEqual([
      { actor_id: user.id, target_id: 'other', outcome: 'denied', count: 1 },
    ])
  })

  test('A6: a header that repeats the token’s tenant changes nothing', async () => {
    for (const who of [user, tenantUser]) {
      expect((await call(app, 'GET /chat/sessions', { token: who.token, tenant: 'acme' })).status).toBe(200)
    }
  })

  test('A6: a superuser enters any tenant and an owner its own, audited; an owner no other', async () => {
    expect((await call(app, 'GET /chat/sessions', { token: superuser.token, tenant: 'other' })).status).toBe(200)
    expect((await call(app, 'GET /chat/sessions', { token: owner.token, tenant: 'acme' })).status).toBe(200)
    const foreign = await call(app, 'GET /chat/sessions', { token: owner.token, tenant: 'other' })
    const missing = await call(app, 'GET /chat/sessions', { token: owner.token, tenant: 'nosuch' })
    expect([foreign.status, foreign.body.code]).toEqual([403, 'tenant.mismatch'])
    expect(withoutRequestId(foreign)).toEqual(withoutRequestId(missing))
    const entered = await audited('tenant.entered')
    expect(entered.map((row) => [row.actor_id, row.target_id, row.outcome])).toEqual([
      [superuser.id, 'other', 'done'],
      [owner.id, 'acme', 'done'],
    ])
  })

  test('A6: an inactive tenant is 403 tenant.inactive to whoever may know it, a missing one 404 to superusers only', async () => {
    const inactive = await call(app, 'GET /chat/sessions', { token: owner.token, tenant: 'asleep' })
    expect([inactive.status, inactive.body.code]).toEqual([403, 'tenant.inactive'])
    const missing = await call(app, 'GET /chat/sessions', { token: superuser.token, tenant: 'nosuch' })
    expect([missing.status, missing.body.code]).toEqual([404, 'tenant.not_found'])
  })

  test('A6: duplicates, lists, other cases and odd characters are 400 tenant.malformed; neither first nor last wins', async () => {
    const malformed = [
      'acme,other',
      'other,acme',
      'acme, acme',
      'acme;other',
      'ACME',
      'Acme',
      'acme/',
      '../other',
      "acme'--",
      'acme%00',
      'a'.repeat(64),
      '-acme',
      '_acme',
      'ac me',
      '*',
      'аcme',
      '"acme"',
      '',
    ]
    for (const value of malformed) {
      const reply = await sendRaw(app, [
        'GET /chat/sessions HTTP/1.1',
        `Authorization: Bearer ${tenantUser.token}`,
        `X-Tenant: ${value}`,
      ])
      expect([value, reply.status, JSON.parse(reply.body).code]).toEqual([value, 400, 'tenant.malformed'])
    }
    const orders = [
      ['acme', 'other'],
      ['other', 'acme'],
      ['acme', 'acme'],
      ['', 'acme'],
      ['acme', ''],
    ]
    for (const [first, last] of orders) {
      for (const name of ['X-TENANT', 'x-tenant']) {
        const reply = await sendRaw(app, [
          'GET /chat/sessions HTTP/1.1',
          `Authorization: Bearer ${tenantUser.token}`,
          `X-Tenant: ${first}`,
          `${name}: ${last}`,
        ])
        expect([first, last, reply.status]).toEqual([first, last, 400])
        expect(JSON.parse(reply.body).code).toBe('tenant.malformed')
      }
    }
  })

  test('A6: the same is refused at sign-in and refresh, before any password is looked at', async () => {
    const body = JSON.stringify({ email: user.email, password: user.password })
    for (const values of [['acme', 'acme'], ['acme,other'], ['ACME']]) {
      const reply = await sendRaw(
        app,
        ['POST /auth/login HTTP/1.1', 'Content-Type: application/json', ...values.map((value) => `X-Tenant: ${value}`)],
        { body },
      )
      expect([values, reply.status, JSON.parse(reply.body).code]).toEqual([values, 400, 'tenant.malformed'])
    }
    const refresh = (person: Person, tenant: string) =>
      call(app, 'POST /auth/refresh', { tenant, body: { refresh_token: person.refreshToken } })
    for (const [person, tenant] of [
      [tenantUser, 'other'],
      [user, 'other'],
      [user, 'nosuch'],
    ] as const) {
      const reply = await refresh(person, tenant)
      expect([reply.status, reply.body.code]).toEqual([403, 'tenant.mismatch'])
    }
  })

  test('A6: a refresh may name the tenant that the token is for', async () => {
    for (const person of [await signIn(app, user.email), await signIn(app, user.email, 'acme')]) {
      const reply = await call(app, 'POST /auth/refresh', {
        tenant: 'acme',
        body: { refresh_token: person.refreshToken },
      })
      expect(reply.status).toBe(200)
    }
    const entering = await signIn(app, superuser.email)
    const reply = await call(app, 'POST /auth/refresh', {
      tenant: 'other',
      body: { refresh_token: entering.refreshToken },
    })
    expect(reply.status).toBe(200)
  })
})

describe('tenant ids', () => {
  test('A7: an id with quotes, 64 bytes, Unicode or capitals is 422 and makes nothing', async () => {
    const odd = [
      "acme'; drop table tenants; --",
      'a"b',
      'a`b',
      'a'.repeat(64),
      'ä',
      '日本',
      'Acme',
      '-a',
      '_a',
      'a b',
      'a.b',
      'a/b',
      'a\u0000',
      '',
      '..',
      'counts',
      'import',
    ]
    for (const id of odd) {
      const reply = await call(app, 'POST /admin/tenants', { token: superuser.token, body: { id, name: 'Odd' } })
      expect([id, reply.status, reply.body.code]).toEqual([id, 422, 'request.invalid'])
    }
    const [row] = await asOwner(app, (sql) => sql`select count(*)::int as n from tenants where name = 'Odd'`)
    expect(row?.n).toBe(0)
  })

  test('A7: an id that is the name of a database or schema is only text: nothing is named after it', async () => {
    const before = await asOwner(app, (sql) => sql`select datname from pg_database order by 1`)
    const roles = await asOwner(app, (sql) => sql`select rolname from pg_roles order by 1`)
    for (const id of ['postgres', 'template1', 'public', 'tenant', 'pg_catalog', 'a'.repeat(63), '0', 'constructor']) {
      await makeTenant(app, superuser, id)
      expect((await call(app, `GET /admin/tenants/${id}`, { token: superuser.token })).body.id).toBe(id)
      const member = await makeUser(app, superuser, { tenant: id })
      expect((await call(app, 'GET /chat/sessions', { token: member.token })).body).toEqual({
        items: [],
        next_cursor: null,
      })
    }
    const after = await asOwner(app, (sql) => sql`select datname from pg_database order by 1`)
    const made = (now: Iterable<Record<string, unknown>>, known: Iterable<Record<string, unknown>>, column: string) =>
      [...now].map((row) => String(row[column])).filter((name) => ![...known].some((row) => row[column] === name))
    // Other test files make theirs on the same server meanwhile.
    expect(made(after, before, 'datname').filter((name) => !/^(tenantry_|tenant_\d)/.test(name))).toEqual([])
    const rolesAfter = await asOwner(app, (sql) => sql`select rolname from pg_roles order by 1`)
    expect(made(rolesAfter, roles, 'rolname').filter((name) => !name.startsWith('tenantry_'))).toEqual([])
  })
})

describe('caches', () => {
  test('A8: what is remembered of a person in one tenant says nothing about the next', async () => {
    const person = await makeUser(app, superuser, { is_superuser: true })
    const ask = (tenant: string) => call(app, 'GET /chat/sessions', { token: person.token, tenant })
    expect([(await ask('acme')).status, (await ask('other')).status]).toEqual([200, 200])
    await asOwner(
      app,
      (sql) => sql`update tenant.tenant_users set is_active = false where tenant_id = 'acme' and id = ${person.id}`,
    )
    await eventually(async () => (await ask('acme')).status === 403)
    expect((await ask('acme')).status).toBe(403)
    expect((await ask('other')).status).toBe(200)
  })

  test('A8: an Idempotency-Key replays for its own caller only', async () => {
    const second = await makeUser(app, superuser, { is_superuser: true })
    const make = (person: Person, email: string) =>
      call(app, 'POST /admin/users', {
        token: person.token,
        body: { email, password: 'a password of tests' },
        headers: { 'idempotency-key': 'the-same-key' },
      })
    const [first, others] = [await make(superuser, 'a@keys.example'), await make(second, 'b@keys.example')]
    expect([first.status, others.status]).toEqual([201, 201])
    expect(others.body.email).toBe('b@keys.example')
    expect((await make(superuser, 'a@keys.example')).body.id).toBe(first.body.id)
  })

  test('A8: whether one tenant has documents decides nothing for another', async () => {
    const ask = (tenant: string) =>
      call(app, 'POST /chat', { token: superuser.token, tenant, body: { message: 'whales' } })
    const mine = await ask('other')
    const none = await ask('acme')
    expect(mine.body.sources.length).toBeGreaterThan(0)
    expect(none.body.sources).toEqual([])
    expect(JSON.stringify(none.body)).not.toContain(theirs.canary)
    expect(JSON.stringify(openai.requests[1]?.body)).not.toContain(theirs.canary)
  })
})

describe('another tenant’s ids in a chat', () => {
  test('A9: another tenant’s session is 404 like a made-up one, before any upstream call', async () => {
    const foreign: Reply[] = []
    for (const route of ['POST /chat', 'POST /chat/stream']) {
      for (const who of [user, tenantUser, owner, superuser]) {
        const tenant = who === owner || who === superuser ? 'acme' : undefined
        for (const session of [theirs.sessionId, '00000000-0000-4000-8000-000000000000', theirs.userId]) {
          const reply = await call(app, route, {
            token: who.token,
            tenant,
            body: { message: 'Whales?', session_id: session },
          })
          expect([reply.status, reply.body.code]).toEqual([404, 'session.not_found'])
          foreign.push(reply)
        }
      }
    }
    for (const reply of foreign) expect(withoutRequestId(reply)).toEqual(withoutRequestId(foreign[0]!))
    expect(openai.requests).toEqual([])
    const [row] = await asOwner(
      app,
      (sql) => sql`select count(*)::int as n from tenant.chat_messages where content = 'Whales?'`,
    )
    expect(row?.n).toBe(0)
    const [reserved] = await asOwner(
      app,
      (sql) => sql`select count(*)::int as n from usage_ledger where status = 'reserved'`,
    )
    expect(reserved?.n).toBe(0)
  })

  test('A9: a session of another user of the same tenant is 404, too', async () => {
    const mine = await call(app, 'POST /chat', { token: user.token, body: { message: 'Mine' } })
    const neighbour = await makeUser(app, superuser, { tenant: 'acme' })
    openai.reset()
    const reply = await call(app, 'POST /chat', {
      token: neighbour.token,
      body: { message: 'Yours', session_id: mine.body.session_id },
    })
    expect([reply.status, reply.body.code]).toEqual([404, 'session.not_found'])
    expect(openai.requests).toEqual([])
  })

  test('A9: no other route of conversations knows another tenant’s session', async () => {
    const routes: [string, unknown][] = [
      [`GET /chat/sessions/${theirs.sessionId}`, undefined],
      [`GET /chat/sessions/${theirs.sessionId}/messages`, undefined],
      [`PATCH /chat/sessions/${theirs.sessionId}`, { title: 'mine now' }],
      [`DELETE /chat/sessions/${theirs.sessionId}`, undefined],
    ]
    for (const [route, body] of routes) {
      const reply = await call(app, route, { token: tenantUser.token, body })
      expect([route, reply.status, reply.body.code]).toEqual([route, 404, 'session.not_found'])
      expect(reply.text).not.toContain(theirs.canary)
    }
    const [row] = await asOwner(
      app,
      (sql) => sql`select title from tenant.chat_sessions where tenant_id = 'other' and id = ${theirs.sessionId}`,
    )
    expect(row?.title).toBe(theirs.canary)
  })
})

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  const until = performance.now() + 1_000
  while (performance.now() < until && !(await holds())) await Bun.sleep(10)
}
