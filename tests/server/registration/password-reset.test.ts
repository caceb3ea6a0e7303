import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { call, type CallOptions, type Reply } from '../../support/call.ts'
import { createClockAhead, type TestClock } from '../../support/clock.ts'
import { readMails, readToken } from '../../support/mail.ts'
import { makeTenant, makeUser, password, type Person, signIn } from '../../support/people.ts'
import { eventually, type Scenario, startScenario } from '../../support/scenario.ts'

let scenario: Scenario
let clock: TestClock
let people = 0
/** Each test calls from an address of its own, as only so many mails may be asked for from one. */
let clients = 0
const next = 'the next long password'

beforeAll(async () => {
  clock = createClockAhead()
  // The clock is moved, and tokens shall outlive that.
  const env = { TRUSTED_PROXY_HOPS: '1', ACCESS_TOKEN_EXPIRE_MINUTES: '1440' }
  scenario = await startScenario({ clock, env })
  await makeTenant(scenario.app, scenario.superuser, 'acme')
  await makeTenant(scenario.app, scenario.superuser, 'other')
  await makeTenant(scenario.app, scenario.superuser, 'own', { isolation: 'dedicated' })
})
beforeEach(() => {
  clients += 1
})
afterAll(() => scenario.stop())

const post = (path: string, body: unknown, options: CallOptions = {}): Promise<Reply> =>
  call(scenario.app, `POST ${path}`, { ...options, body, headers: { 'x-forwarded-for': `10.0.0.${clients}` } })
const forgot = (email: string, tenant?: string): Promise<Reply> => post('/auth/password/forgot', { email }, { tenant })
const login = (email: string, secret: string, tenant?: string): Promise<Reply> =>
  post('/auth/login', { email, password: secret }, { tenant })
/** The token that a forgotten password brings. */
async function askToken(email: string, tenant?: string): Promise<string> {
  const asked = await forgot(email, tenant)
  expect([asked.status, asked.text]).toEqual([202, ''])
  return readToken(scenario.app, scenario.superuser, { to: email, page: 'reset' })
}
const reset = (token: string, options: CallOptions = {}): Promise<Reply> =>
  post('/auth/password/reset', { token, password: next }, options)
const isRefused = (reply: Reply): void => expect([reply.status, reply.body.code]).toEqual([401, 'auth.link_invalid'])

/** Somebody of each scope. */
const kinds: [string, string | undefined][] = [
  ['a platform user', undefined],
  ['a tenant’s user', 'acme'],
  ['a user of a tenant with its own database', 'own'],
]
async function makePerson(tenant: string | undefined): Promise<Person> {
  if (!tenant) return makeUser(scenario.app, scenario.superuser)
  const email = `end${++people}@people.example`
  expect((await post('/auth/register', { email, password }, { tenant })).status).toBe(201)
  return signIn(scenario.app, email, tenant)
}

describe.each(kinds)('%s who forgot the password', (_, tenant) => {
  let person: Person
  beforeEach(async () => {
    person = await makePerson(tenant)
  })

  test('sets a new one by the mailed link, which ends every session and shows that the address is its own', async () => {
    const other = await signIn(scenario.app, person.email, tenant)
    const done = await reset(await askToken(person.email, tenant))
    expect([done.status, done.body]).toMatchObject([
      200,
      { email: person.email, scope: tenant ? 'tenant' : 'core', tenant_id: tenant ?? null },
    ])
    expect((await login(person.email, password, tenant)).status).toBe(401)
    const fresh = await login(person.email, next, tenant)
    expect(fresh.status).toBe(200)
    for (const { token, refreshToken } of [person, other]) {
      await eventually(async () => (await call(scenario.app, 'GET /users/me', { token })).status === 401)
      expect((await post('/auth/refresh', { refresh_token: refreshToken })).status).toBe(401)
    }
    const me = await call(scenario.app, 'GET /users/me', { token: fresh.body.access_token })
    expect(me.body.is_verified).toBe(true)
    const rows =
      await scenario.sql`select action, actor_id, actor_email from audit_log where action like '%password_reset'
      and target_id = ${person.id}`
    expect([...rows]).toEqual([
      {
        action: tenant ? 'tenant_user.password_reset' : 'user.password_reset',
        actor_id: person.id,
        actor_email: tenant ? null : person.email,
      },
    ])
  })

  test('uses a link once, however many at once: one password wins', async () => {
    const token = await askToken(person.email, tenant)
    const replies = await Promise.all(
      Array.from({ length: 6 }, (_unused, n) =>
        post('/auth/password/reset', { token, password: `password number ${n}` }),
      ),
    )
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401, 401, 401, 401, 401])
    const winner = replies.findIndex(({ status }) => status === 200)
    expect((await login(person.email, `password number ${winner}`, tenant)).status).toBe(200)
    isRefused(await reset(token))
  })

  test('uses two links at once: one wins, and the other is void', async () => {
    const first = await askToken(person.email, tenant)
    clock.advanceMs(61_000)
    await forgot(person.email, tenant)
    const second = await eventually(async () => {
      const token = await readToken(scenario.app, scenario.superuser, { to: person.email, page: 'reset' })
      return token === first ? undefined : token
    })
    const replies = await Promise.all([reset(first), reset(second)])
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401])
    expect(await readMails(scenario.app, scenario.superuser, person.email)).not.toContainEqual(
      expect.objectContaining({ subject: expect.stringContaining('password') }),
    )
  })

  test('finds the link void once the password was changed otherwise', async () => {
    const token = await askToken(person.email, tenant)
    const current = await signIn(scenario.app, person.email, tenant)
    const changed = await call(scenario.app, 'PATCH /users/me', {
      token: current.token,
      body: { password: 'changed in the meantime', current_password: password },
    })
    expect(changed.status).toBe(200)
    isRefused(await reset(token))
    expect((await login(person.email, 'changed in the meantime', tenant)).status).toBe(200)
  })

  test('finds the link void after an hour, and while the account is switched off', async () => {
    const expired = await askToken(person.email, tenant)
    clock.advanceMs(3_600_001)
    isRefused(await reset(expired))
    const token = await askToken(person.email, tenant)
    const path = tenant ? `/admin/tenants/${tenant}/users/${person.id}` : `/admin/users/${person.id}`
    const off = { token: scenario.superuser.token, body: { is_active: false } }
    expect((await call(scenario.app, `PATCH ${path}`, off)).status).toBe(200)
    isRefused(await reset(token))
  })

  test('is not served by another tenant, nor takes too short a password', async () => {
    const token = await askToken(person.email, tenant)
    isRefused(await reset(token, { tenant: 'other' }))
    const short = await post('/auth/password/reset', { token, password: 'too short' })
    expect([short.status, short.body.errors[0].path]).toEqual([422, 'password'])
    expect((await reset(token, { tenant })).status).toBe(200)
  })
})

describe('a forgotten password', () => {
  test('of nobody, of somebody switched off or elsewhere brings the same 202 and no mail', async () => {
    const disabled = await makeUser(scenario.app, scenario.superuser)
    await call(scenario.app, `PATCH /admin/users/${disabled.id}`, {
      token: scenario.superuser.token,
      body: { is_active: false },
    })
    const stranger = await makeUser(scenario.app, scenario.superuser)
    const asked: [string, string | undefined][] = [
      ['nobody@people.example', undefined],
      [disabled.email, undefined],
      [stranger.email, 'acme'],
      [stranger.email, 'nosuch'],
    ]
    for (const [email, tenant] of asked) {
      const reply = await forgot(email, tenant)
      expect([email, tenant, reply.status, reply.text]).toEqual([email, tenant, 202, ''])
    }
    await eventually(async () => {
      const [row] = await scenario.sql`select count(*)::int as left from outgoing_mail where stage = 'asked'`
      return row?.left === 0
    })
    for (const [email] of asked) expect(await readMails(scenario.app, scenario.superuser, email)).toEqual([])
  })

  test('of a platform user in its tenant brings the platform’s link', async () => {
    const user = await makeUser(scenario.app, scenario.superuser, { tenant: 'acme' })
    const done = await reset(await askToken(user.email, 'acme'))
    expect(done.body).toEqual({
      email: user.email,
      scope: 'core',
      tenant_id: null,
      tenant_name: null,
      tenant_origins: [],
    })
    expect((await login(user.email, next, 'acme')).status).toBe(200)
  })

  test('is asked for 30 times an hour and address: then 429, whoever it is for', async () => {
    for (let n = 0; n < 30; n++) expect((await forgot(`flood${n}@people.example`)).status).toBe(202)
    const replies = [await forgot('one@people.example'), await post('/auth/verify/resend', { email: 'x@y.example' })]
    for (const reply of replies) {
      expect([reply.status, reply.body.code]).toEqual([429, 'limit.mails'])
      expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(3_000)
    }
  })

  test('is answered by another replica when the one that was asked died', async () => {
    const user = await makeUser(scenario.app, scenario.superuser)
    const replica = await scenario.app.startReplica()
    expect((await call(replica, 'POST /auth/password/forgot', { body: { email: user.email } })).status).toBe(202)
    await replica.stop()
    await scenario.app.services.outbox.sweep()
    expect(await readToken(scenario.app, scenario.superuser, { to: user.email, page: 'reset' })).not.toBe('')
  })
})
