import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { call, type CallOptions, type Reply } from '../../support/call.ts'
import { createClockAhead } from '../../support/clock.ts'
import { readMails, readToken } from '../../support/mail.ts'
import { makeTenant, makeUser, password, signIn } from '../../support/people.ts'
import { type Scenario, startScenario } from '../../support/scenario.ts'
import { startApp } from '../../support/start-app.ts'

let scenario: Scenario
let people = 0
const newEmail = (): string => `new${++people}@people.example`

beforeAll(async () => {
  scenario = await startScenario({ env: { TRUSTED_PROXY_HOPS: '1' } })
  await makeTenant(scenario.app, scenario.superuser, 'acme')
  await makeTenant(scenario.app, scenario.superuser, 'other')
  await makeTenant(scenario.app, scenario.superuser, 'members', { registration: 'invited' })
})
afterAll(() => scenario.stop())

/** From an address of its own, as only so many may register from one. */
const post = (path: string, body: unknown, options: CallOptions = {}): Promise<Reply> =>
  call(scenario.app, `POST ${path}`, {
    ...options,
    body,
    headers: { 'x-forwarded-for': `10.0.${Math.floor(Math.random() * 250)}.${Math.floor(Math.random() * 250)}` },
  })
const register = (email: string, tenant?: string): Promise<Reply> =>
  post('/auth/register', { email, password, full_name: 'Nora' }, { tenant })
const linkTo = (to: string, page: 'verify' | 'reset'): Promise<string> =>
  readToken(scenario.app, scenario.superuser, { to, page })

describe('registration at the platform', () => {
  test('makes an owner that may sign in at once and is not verified', async () => {
    const email = newEmail()
    const made = await register(email.toUpperCase())
    expect([made.status, made.body]).toMatchObject([
      201,
      { email, full_name: 'Nora', scope: 'core', tenant_id: null, is_owner: true, is_verified: false },
    ])
    expect(made.body.is_superuser).toBe(false)
    const person = await signIn(scenario.app, email)
    const me = await call(scenario.app, 'GET /users/me', { token: person.token })
    expect(me.body).toEqual(made.body)
    expect(made.text).not.toContain('argon2')
  })

  test('is mailed one link, which verifies the address once', async () => {
    const email = newEmail()
    await register(email)
    const [mail, ...others] = await readMails(scenario.app, scenario.superuser, email)
    expect(others).toEqual([])
    expect(mail).toMatchObject({ to: email, subject: 'Verify your address for Tenantry' })
    expect(mail?.links).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/console\/verify#token=[\w-]{43}$/)])
    expect(mail?.text).toContain(mail?.links[0] ?? 'none')
    const token = await linkTo(email, 'verify')
    const verified = await post('/auth/verify', { token })
    expect([verified.status, verified.body]).toEqual([
      200,
      { email, scope: 'core', tenant_id: null, tenant_name: null, tenant_origins: [] },
    ])
    const person = await signIn(scenario.app, email)
    expect((await call(scenario.app, 'GET /users/me', { token: person.token })).body.is_verified).toBe(true)
    const again = await post('/auth/verify', { token })
    expect([again.status, again.body.code]).toEqual([401, 'auth.link_invalid'])
    expect(await readMails(scenario.app, scenario.superuser, email)).toEqual([])
  })

  test('of two at once with one address one wins', async () => {
    const email = newEmail()
    const replies = await Promise.all(Array.from({ length: 6 }, () => register(email)))
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409, 409, 409])
    expect(new Set(replies.flatMap(({ body }) => body.code ?? []))).toEqual(new Set(['user.email_taken']))
    expect(await scenario.sql`select 1 from users where email = ${email}`).toHaveLength(1)
    expect(await readMails(scenario.app, scenario.superuser, email)).toHaveLength(1)
  })

  test('of a link used many times at once one use wins', async () => {
    const email = newEmail()
    await register(email)
    const token = await linkTo(email, 'verify')
    const replies = await Promise.all(Array.from({ length: 8 }, () => post('/auth/verify', { token })))
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      200,
      ...Array.from({ length: 7 }, () => 401),
    ])
  })

  test('is refused with 403 where it is closed, and tenants’ own registration goes on', async () => {
    const app = await startApp({ env: { REGISTRATION: 'closed' }, database: scenario.app.database })
    try {
      const body = { email: newEmail(), password }
      const refused = await call(app, 'POST /auth/register', { body })
      expect([refused.status, refused.body.code]).toEqual([403, 'registration.closed'])
      expect((await call(app, 'POST /auth/register', { body, tenant: 'acme' })).status).toBe(201)
      expect((await call(app, 'GET /auth/options')).body).toEqual({ registration: 'closed', mail: 'logged' })
      expect((await call(scenario.app, 'GET /auth/options')).body).toEqual({ registration: 'open', mail: 'logged' })
    } finally {
      await app.stop()
    }
  })

  test('takes no password that is too short, and no field beside', async () => {
    const short = await post('/auth/register', { email: newEmail(), password: 'elevenchars' })
    expect([short.status, short.body.errors[0].path]).toEqual([422, 'password'])
    const beside = await post('/auth/register', { email: newEmail(), password, is_superuser: true })
    expect([beside.status, beside.body.errors[0].path]).toEqual([422, 'is_superuser'])
    expect(short.text + beside.text).not.toContain('elevenchars')
  })

  test('is 30 an hour and address; the 31st is 429 with Retry-After, another address goes on', async () => {
    const clock = createClockAhead()
    const app = await startApp({ clock, database: scenario.app.database, env: { TRUSTED_PROXY_HOPS: '1' } })
    const replica = await app.startReplica()
    const from = (address: string, on = app): Promise<Reply> =>
      call(on, 'POST /auth/register', {
        body: { email: newEmail(), password },
        headers: { 'x-forwarded-for': address },
      })
    try {
      for (let n = 0; n < 30; n++) {
        expect((await from('2001:db8::1', n % 2 === 0 ? app : replica)).status).toBe(201)
      }
      expect((await from('2001:db8::1', replica)).status).toBe(429)
      const refused = await from('2001:db8::2')
      expect([refused.status, refused.body.code]).toEqual([429, 'limit.registrations'])
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3_500)
      expect(refused.body).toMatchObject({ scope: 'address', limit: 30, spent: 30, resets_at: expect.any(String) })
      expect((await from('2001:db8:1::1')).status).toBe(201)
      clock.stepWallMs(3_600_000)
      expect((await from('2001:db8::1')).status).toBe(429)
      await scenario.sql`update sign_in_tries set began_at = began_at - interval '1 hour'`
      clock.advanceMs(3_600_000)
      expect((await from('2001:db8::1')).status).toBe(201)
    } finally {
      await replica.stop()
      await app.stop()
    }
  })
})

describe('registration in a tenant', () => {
  test('makes a user of that tenant; the same address lives in many, with passwords of their own', async () => {
    const email = newEmail()
    const there = await register(email, 'acme')
    expect([there.status, there.body]).toMatchObject([
      201,
      { email, scope: 'tenant', tenant_id: 'acme', is_owner: false, is_verified: false },
    ])
    const other = await post('/auth/register', { email, password: 'another long password' }, { tenant: 'other' })
    expect(other.status).toBe(201)
    expect(other.body.id).not.toBe(there.body.id)
    const signedIn = await signIn(scenario.app, email, 'acme')
    expect(signedIn.id).toBe(there.body.id)
    const wrong = await post('/auth/login', { email, password }, { tenant: 'other' })
    expect([wrong.status, wrong.body.code]).toEqual([401, 'auth.invalid_credentials'])
    expect((await register(email, 'acme')).body.code).toBe('user.email_taken')
  })

  test('is 404 in an unknown tenant, 403 where only invited people may, 403 in an inactive one', async () => {
    const unknown = await register(newEmail(), 'nosuch')
    expect([unknown.status, unknown.body.code]).toEqual([404, 'tenant.not_found'])
    const invited = await register(newEmail(), 'members')
    expect([invited.status, invited.body.code]).toEqual([403, 'registration.closed'])
    await makeTenant(scenario.app, scenario.superuser, 'asleep')
    await call(scenario.app, 'DELETE /admin/tenants/asleep', { token: scenario.superuser.token })
    const asleep = await register(newEmail(), 'asleep')
    expect([asleep.status, asleep.body.code]).toEqual([403, 'tenant.inactive'])
  })

  test('is chosen by the verified domain that the page comes from, and by no other', async () => {
    const origin = 'https://chat.acme.example'
    const { app, superuser } = scenario
    const admin = { token: superuser.token }
    const added = await call(app, 'POST /admin/tenants/acme/domains', { ...admin, body: { origin } })
    const verified = await call(app, `POST /admin/tenants/acme/domains/${added.body.domain}/verify`, admin)
    expect([added.status, verified.status]).toEqual([201, 200])
    const from = (page: string): Promise<Reply> =>
      call(app, 'POST /auth/register', { headers: { origin: page }, body: { email: newEmail(), password } })
    expect((await from(origin)).body).toMatchObject({ scope: 'tenant', tenant_id: 'acme' })
    expect((await from('https://evil.example')).body).toMatchObject({ scope: 'core', tenant_id: null })
  })

  test('leaves no address in the core database that can be read', async () => {
    const email = newEmail()
    await register(email, 'acme')
    await post('/auth/password/forgot', { email }, { tenant: 'acme' })
    await linkTo(email, 'reset')
    for (const table of ['email_tokens', 'outgoing_mail', 'audit_log', 'users', 'idempotency_keys']) {
      const rows = await scenario.sql.unsafe(`select t::text as text from ${table} t`)
      expect(rows.some(({ text }) => String(text).includes(email))).toBe(false)
    }
  })

  test('is verified by its link alone, and not in another tenant', async () => {
    const email = newEmail()
    await register(email, 'acme')
    const token = await linkTo(email, 'verify')
    const elsewhere = await post('/auth/verify', { token }, { tenant: 'other' })
    expect([elsewhere.status, elsewhere.body.code]).toEqual([401, 'auth.link_invalid'])
    const verified = await post('/auth/verify', { token })
    expect(verified.body).toEqual({
      email,
      scope: 'tenant',
      tenant_id: 'acme',
      tenant_name: 'Tenant acme',
      tenant_origins: ['https://chat.acme.example'],
    })
    const person = await signIn(scenario.app, email, 'acme')
    expect((await call(scenario.app, 'GET /users/me', { token: person.token })).body.is_verified).toBe(true)
  })
})

describe('links', () => {
  test.each(['verify', 'password/reset', 'invites/show', 'invites/accept'])(
    'a token that nobody made, or of another purpose, is 401 auth.link_invalid at /auth/%s',
    async (path) => {
      const email = newEmail()
      await register(email)
      const verify = await linkTo(email, 'verify')
      const wrong = path === 'verify' ? [`${verify}x`, 'x'] : [verify, 'x', '\u{1f600}']
      for (const token of wrong) {
        const body = path === 'password/reset' || path === 'invites/accept' ? { token, password } : { token }
        const reply = await post(`/auth/${path}`, body)
        expect([path, token, reply.status, reply.body.code]).toEqual([path, token, 401, 'auth.link_invalid'])
      }
      expect((await post('/auth/verify', { token: verify })).status).toBe(200)
    },
  )

  test('the verification is sent again when asked for, at most once a minute, and to nobody who is verified', async () => {
    const clock = createClockAhead()
    const app = await startApp({ clock, database: scenario.app.database })
    try {
      const email = newEmail()
      const superuser = await signIn(app, scenario.superuser.email)
      const resend = (to: string): Promise<Reply> => call(app, 'POST /auth/verify/resend', { body: { email: to } })
      expect((await call(app, 'POST /auth/register', { body: { email, password } })).status).toBe(201)
      const asked = await resend(email)
      expect([asked.status, asked.text]).toEqual([202, ''])
      await answered()
      expect(await readMails(app, superuser, email)).toHaveLength(1)
      clock.advanceMs(61_000)
      await resend(email)
      await answered()
      const mails = await readMails(app, superuser, email)
      expect(mails).toHaveLength(2)
      for (const { links } of mails) expect(links).toHaveLength(1)
      const verified = await makeUser(app, superuser)
      clock.advanceMs(61_000)
      await resend(verified.email)
      await answered()
      expect(await readMails(app, superuser, verified.email)).toEqual([])
    } finally {
      await app.stop()
    }
  })

  test('expire, and their mails with them', async () => {
    const clock = createClockAhead()
    const app = await startApp({ clock, database: scenario.app.database })
    try {
      const email = newEmail()
      expect((await call(app, 'POST /auth/register', { body: { email, password } })).status).toBe(201)
      const token = await linkTo(email, 'verify')
      clock.advanceMs(24 * 3_600_000 + 1_000)
      expect((await call(app, 'POST /auth/verify', { body: { token } })).status).toBe(401)
      await app.services.outbox.sweep()
      expect(await readMails(scenario.app, scenario.superuser, email)).toEqual([])
    } finally {
      await app.stop()
    }
  })
})

/** Nobody is waiting for an answer any more. */
async function answered(): Promise<void> {
  for (let left = 1; left > 0; await Bun.sleep(10)) {
    const [row] = await scenario.sql`select count(*)::int as left from outgoing_mail where stage = 'asked'`
    left = row?.left
  }
}
