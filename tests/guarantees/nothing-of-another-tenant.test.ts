import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { call, type Reply } from '../support/call.ts'
import { asOwner } from '../support/owner-sql.ts'
import { makeTenant, makeUser, type Person, signIn } from '../support/people.ts'
import { withoutRequestId } from '../support/problem.ts'
import { eventually, type Scenario, startScenario } from '../support/scenario.ts'
import type { TestApp } from '../support/start-app.ts'
import { fillStore, type StoreRows } from '../support/store-rows.ts'

let scenario: Scenario
let app: TestApp
let superuser: Person
let owner: Person
let user: Person
let tenantUser: Person
let theirs: StoreRows

beforeAll(async () => {
  scenario = await startScenario()
  ;({ app, superuser } = scenario)
  owner = await makeUser(app, superuser, { is_owner: true })
  await makeTenant(app, superuser, 'acme', { owner_id: owner.id })
  await makeTenant(app, superuser, 'other')
  user = await makeUser(app, superuser, { tenant: 'acme' })
  tenantUser = await signIn(app, user.email, 'acme')
  theirs = await asOwner(app, (sql) => fillStore(sql, 'other'))
})
afterAll(() => scenario.stop())
beforeEach(() => scenario.model.reset())

describe('caches', () => {
  test('A8: what is remembered of a person in one tenant says nothing about the next', async () => {
    const person = await makeUser(app, superuser, { is_superuser: true })
    const ask = (tenant: string) => call(app, 'GET /chat/sessions', { token: person.token, tenant })
    expect([(await ask('acme')).status, (await ask('other')).status]).toEqual([200, 200])
    await asOwner(
      app,
      (sql) => sql`update tenant.tenant_users set is_active = false where tenant_id = 'acme' and id = ${person.id}`,
    )
    await eventually(async () => (await ask('acme')).status === 403, 1_000)
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
    expect(JSON.stringify(scenario.model.requests[1]?.body)).not.toContain(theirs.canary)
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
    expect(scenario.model.requests).toEqual([])
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
    scenario.model.reset()
    const reply = await call(app, 'POST /chat', {
      token: neighbour.token,
      body: { message: 'Yours', session_id: mine.body.session_id },
    })
    expect([reply.status, reply.body.code]).toEqual([404, 'session.not_found'])
    expect(scenario.model.requests).toEqual([])
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
