import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { call, type Reply } from '../support/call.ts'
import { makeTenant, makeUser, type Person, signIn } from '../support/people.ts'
import { withoutRequestId } from '../support/problem.ts'
import { sendRaw } from '../support/raw-http.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'
import type { TestApp } from '../support/start-app.ts'

let scenario: Scenario
let app: TestApp
let superuser: Person
let owner: Person
let user: Person
let tenantUser: Person

beforeAll(async () => {
  scenario = await startScenario()
  ;({ app, superuser } = scenario)
  owner = await makeUser(app, superuser, { is_owner: true })
  await makeTenant(app, superuser, 'acme', { owner_id: owner.id })
  await makeTenant(app, superuser, 'other')
  await makeTenant(app, superuser, 'asleep', { owner_id: owner.id })
  await call(app, 'DELETE /admin/tenants/asleep', { token: superuser.token })
  user = await makeUser(app, superuser, { tenant: 'acme' })
  tenantUser = await signIn(app, user.email, 'acme')
})
afterAll(() => scenario.stop())

interface Audited {
  actor_id: string
  target_id: string
  outcome: string
  count: number
}

const audited = async (action: string): Promise<Audited[]> => [
  ...(await scenario.sql<Audited[]>`select actor_id::text, target_id, outcome, (after ->> 'count')::int as count
    from audit_log where action = ${action} order by at`),
]

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
    expect(scenario.model.requests).toEqual([])
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
