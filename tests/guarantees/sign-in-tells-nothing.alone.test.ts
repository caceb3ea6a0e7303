import { afterAll, beforeAll, expect, test } from 'bun:test'
import { call, type CallOptions, type Reply } from '../support/call.ts'
import { findDifferentTimes } from '../support/equal-times.ts'
import { asOwner } from '../support/owner-sql.ts'
import { makeSuperuser, makeTenant, makeUser, type Person } from '../support/people.ts'
import { withoutRequestId } from '../support/problem.ts'
import { startApp, type TestApp } from '../support/start-app.ts'

const rounds = process.env.FULL === '1' ? 200 : 25
const password = 'not the right password'

let app: TestApp
let user: Person
let attempts: { title: string; email: () => string; tenant?: string }[]

beforeAll(async () => {
  app = await startApp({ env: { TRUSTED_PROXY_HOPS: '1' } })
  const superuser = await makeSuperuser(app)
  await makeTenant(app, superuser, 'acme')
  await makeTenant(app, superuser, 'asleep')
  user = await makeUser(app, superuser, { tenant: 'acme' })
  const sleeper = await makeUser(app, superuser, { tenant: 'asleep' })
  const disabled = await makeUser(app, superuser)
  await call(app, 'DELETE /admin/tenants/asleep', { token: superuser.token })
  await call(app, `PATCH /admin/users/${disabled.id}`, { token: superuser.token, body: { is_active: false } })
  const hash = await Bun.password.hash('the right password', { algorithm: 'argon2id', memoryCost: 19_456, timeCost: 2 })
  await asOwner(
    app,
    (sql) => sql`insert into tenant.tenant_users (tenant_id, id, email, password_hash)
      values ('acme', gen_random_uuid(), 'end@acme.example', ${hash})`,
  )
  const nobody = (): string => 'nobody@people.example'
  attempts = [
    { title: 'a known address', email: () => user.email },
    { title: 'an unknown address', email: nobody },
    { title: 'a disabled user', email: () => disabled.email },
    { title: 'a known address in its tenant', email: () => user.email, tenant: 'acme' },
    { title: 'an end user in its tenant', email: () => 'end@acme.example', tenant: 'acme' },
    { title: 'an unknown address in a tenant', email: nobody, tenant: 'acme' },
    { title: 'a known address in an unknown tenant', email: () => user.email, tenant: 'nosuch' },
    { title: 'an unknown address in an unknown tenant', email: nobody, tenant: 'nosuch' },
    { title: 'a known address in an inactive tenant', email: () => sleeper.email, tenant: 'asleep' },
    { title: 'an unknown address in an inactive tenant', email: nobody, tenant: 'asleep' },
  ]
}, 30_000)
afterAll(() => app.stop())

const routes = {
  'POST /auth/login': (email: string): CallOptions => ({ body: { email, password } }),
  'POST /auth/token': (email: string): CallOptions => ({
    raw: new URLSearchParams({ username: email, password, grant_type: 'password' }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  }),
}

let addresses = 0
/** From another address each time: how many guesses are looked at is no part of this. */
const fromElsewhere = (options: CallOptions): CallOptions => ({
  ...options,
  headers: { ...options.headers, 'x-forwarded-for': `10.7.${(++addresses >> 8) & 255}.${addresses & 255}` },
})

for (const [route, makeOptions] of Object.entries(routes)) {
  const tryOnce = async (attempt: (typeof attempts)[number]): Promise<Reply> => {
    // Accounts that so many guess at are slowed down; that is not what is measured.
    if (addresses % 40 === 0) await asOwner(app, (sql) => sql`truncate sign_in_tries`)
    return call(app, route, fromElsewhere({ ...makeOptions(attempt.email()), tenant: attempt.tenant }))
  }

  test(`B3: ${route} with a wrong password answers the same, whoever and wherever it is`, async () => {
    const reference = withoutRequestId(await tryOnce(attempts[0]!))
    expect(reference).toMatchObject({ status: 401, code: 'auth.invalid_credentials' })
    for (const attempt of attempts) {
      const reply = await tryOnce(attempt)
      expect({ title: attempt.title, ...withoutRequestId(reply) }).toEqual({
        title: attempt.title,
        ...reference,
      })
      expect([...reply.headers.keys()].toSorted()).toEqual([...(await tryOnce(attempts[0]!)).headers.keys()].toSorted())
    }
  })

  test(`B3: ${route} with a wrong password takes the same time, medians within 5 %`, async () => {
    // Each is compared with a known address that was asked for in the same way, with or without a tenant.
    const groups = [
      attempts.filter(({ tenant }) => tenant === undefined),
      attempts.filter(({ tenant }) => tenant !== undefined),
    ]
    for (const group of groups) expect(await findDifferentTimes({ attempts: group, tryOnce, rounds })).toEqual([])
  }, 240_000)
}

test('B3: only after the right password it is told that a tenant is inactive or an account switched off', async () => {
  const right = { password: user.password }
  const login = (email: string, tenant?: string) => call(app, 'POST /auth/login', { tenant, body: { email, ...right } })
  const [known, , disabled] = attempts
  const sleeper = attempts.find(({ title }) => title === 'a known address in an inactive tenant')
  expect((await login(known!.email())).status).toBe(200)
  const off = await login(disabled!.email())
  expect(off.status).toBe(403)
  const asleep = await login(sleeper!.email(), 'asleep')
  expect([asleep.status, asleep.body.code]).toEqual([403, 'tenant.inactive'])
})
