import { afterAll, beforeAll, expect, test } from 'bun:test'
import { call, type Reply } from '../support/call.ts'
import { findDifferentTimes } from '../support/equal-times.ts'
import { makeSuperuser, makeTenant, makeUser, password } from '../support/people.ts'
import { startApp, type TestApp } from '../support/start-app.ts'

/** B3: whoever asks for a link learns nothing of the address: neither that somebody has it, nor that it is switched off. */

const rounds = process.env.FULL === '1' ? 400 : 100

interface Attempt {
  title: string
  email: string
  tenant?: string
}

let app: TestApp
let attempts: Attempt[]
let clients = 0

beforeAll(async () => {
  app = await startApp({ env: { TRUSTED_PROXY_HOPS: '1' } })
  const superuser = await makeSuperuser(app)
  await makeTenant(app, superuser, 'acme')
  await makeTenant(app, superuser, 'asleep')
  const user = await makeUser(app, superuser, { tenant: 'acme' })
  const disabled = await makeUser(app, superuser)
  const known = { email: 'known@people.example', password }
  const endUser = { email: 'knownend@people.example', password }
  for (const [tenant, body] of [
    [undefined, known],
    ['acme', endUser],
    ['asleep', endUser],
  ] as const) {
    expect((await call(app, 'POST /auth/register', { tenant, body })).status).toBe(201)
  }
  const admin = { token: superuser.token }
  await call(app, 'DELETE /admin/tenants/asleep', admin)
  await call(app, `PATCH /admin/users/${disabled.id}`, { ...admin, body: { is_active: false } })
  attempts = [
    { title: 'a known address that is not verified', email: known.email },
    { title: 'a known address', email: user.email },
    { title: 'an unknown address', email: 'nobody@people.example' },
    { title: 'a disabled user', email: disabled.email },
    { title: 'an end user in its tenant', email: endUser.email, tenant: 'acme' },
    { title: 'a platform user in its tenant', email: user.email, tenant: 'acme' },
    { title: 'an unknown address in a tenant', email: 'nobody@people.example', tenant: 'acme' },
    { title: 'an address in an unknown tenant', email: endUser.email, tenant: 'nosuch' },
    { title: 'a known address in an inactive tenant', email: endUser.email, tenant: 'asleep' },
  ]
}, 30_000)
afterAll(() => app.stop())

for (const route of ['POST /auth/password/forgot', 'POST /auth/verify/resend']) {
  /** Each from an address of its own, as only so many may be asked for from one. */
  const tryOnce = ({ email, tenant }: Attempt): Promise<Reply> => {
    clients++
    const headers = { 'x-forwarded-for': `10.${(clients >> 16) & 255}.${(clients >> 8) & 255}.${clients & 255}` }
    return call(app, route, { body: { email }, tenant, headers })
  }

  test(`B3: ${route} answers the same for everybody`, async () => {
    for (const attempt of attempts) {
      const { status, text, headers } = await tryOnce(attempt)
      expect([attempt.title, status, text]).toEqual([attempt.title, 202, ''])
      expect([...headers.keys()].toSorted()).toEqual([...(await tryOnce(attempts[0]!)).headers.keys()].toSorted())
    }
  })

  test(`B3: ${route} takes the same time for everybody, medians within 5 %`, async () => {
    // A header more is more to read, so those with a tenant are compared with each other.
    const groups = [
      attempts.filter(({ tenant }) => tenant === undefined),
      attempts.filter(({ tenant }) => tenant !== undefined),
    ]
    for (const group of groups) expect(await findDifferentTimes({ attempts: group, tryOnce, rounds })).toEqual([])
  }, 240_000)
}
