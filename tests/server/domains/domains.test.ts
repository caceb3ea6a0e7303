import { afterAll, beforeAll, expect, test } from 'bun:test'
import { call } from '../../support/call.ts'
import { type FakeDns, startFakeDns } from '../../support/fake-dns.ts'
import { makeSuperuser, makeTenant, makeUser, password, type Person } from '../../support/people.ts'
import { eventually, openOwner } from '../../support/scenario.ts'
import { startApp, type TestApp } from '../../support/start-app.ts'

let dns: FakeDns
let app: TestApp
let superuser: Person
let owner: Person
let stranger: Person

beforeAll(async () => {
  dns = await startFakeDns()
  app = await startApp({ dnsServers: [dns.address], env: { PUBLIC_URL: 'https://platform.example' } })
  superuser = await makeSuperuser(app)
  owner = await makeUser(app, superuser, { is_owner: true })
  stranger = await makeUser(app, superuser, { is_owner: true })
  await makeTenant(app, superuser, 'acme', { owner_id: owner.id })
  await makeTenant(app, superuser, 'beta', { owner_id: stranger.id })
})
afterAll(async () => {
  await app.stop()
  await dns.stop()
})

const as = (person: Person, route: string, body?: unknown, headers?: Record<string, string>) =>
  call(app, route, { token: person.token, body, headers })
const add = (person: Person, tenant: string, origin: string) =>
  as(person, `POST /admin/tenants/${tenant}/domains`, { origin })
const allowed = async (origin: string, at: { url: string } = app): Promise<boolean> =>
  (await call(at, 'GET /health', { headers: { origin } })).headers.get('access-control-allow-origin') === origin

test('an owner’s domain is without effect until its TXT record is found, and then feeds CORS on every replica', async () => {
  const replica = await app.startReplica()
  const added = await add(owner, 'acme', 'https://Chat.Acme.example/')
  expect([added.status, added.body]).toMatchObject([
    201,
    {
      domain: 'chat.acme.example',
      origin: 'https://chat.acme.example',
      status: 'pending',
      proof: { type: 'TXT', name: '_tenantry.chat.acme.example' },
    },
  ])
  const verify = () => as(owner, 'POST /admin/tenants/acme/domains/chat.acme.example/verify')
  expect((await verify()).body).toMatchObject({ status: 409, code: 'domain.unproven' })
  dns.records.set('_tenantry.chat.acme.example', ['v=spf1 -all', 'tenantry-domain=of-somebody-else'])
  expect((await verify()).body.detail).toContain('something else')
  expect(await allowed('https://chat.acme.example')).toBe(false)

  dns.records.set('_tenantry.chat.acme.example', ['v=spf1 -all', added.body.proof.value])
  expect((await verify()).body).toMatchObject({ status: 'verified', proof: null })
  expect(await allowed('https://chat.acme.example')).toBe(true)
  await eventually(() => allowed('https://chat.acme.example', replica), 1_000)
  for (const other of ['http://chat.acme.example', 'https://chat.acme.example:8443', 'https://acme.example']) {
    expect([other, await allowed(other)]).toEqual([other, false])
  }
  expect((await verify()).status).toBe(200)

  expect((await as(owner, 'DELETE /admin/tenants/acme/domains/chat.acme.example')).status).toBe(204)
  expect(await allowed('https://chat.acme.example')).toBe(false)
  await eventually(async () => !(await allowed('https://chat.acme.example', replica)), 1_000)
  await replica.stop()
})

test('a superuser’s word is proof enough, also for a developer’s own machine', async () => {
  expect((await add(superuser, 'acme', 'https://app.acme.example')).body.status).toBe('verified')
  expect((await add(superuser, 'acme', 'http://localhost:5173')).body).toMatchObject({
    domain: 'localhost:5173',
    status: 'verified',
  })
  expect(await allowed('http://localhost:5173')).toBe(true)
  expect((await add(owner, 'acme', 'http://localhost:3000')).body.code).toBe('auth.forbidden')
  expect((await add(owner, 'acme', 'https://192.0.2.7')).body.code).toBe('auth.forbidden')
  await add(owner, 'acme', 'https://pending.acme.example')
  const yes = await as(superuser, 'POST /admin/tenants/acme/domains/pending.acme.example/verify')
  expect(yes.body.status).toBe('verified')
  const { body } = await as(owner, 'GET /admin/tenants/acme/domains')
  expect(body.items.map((item: { domain: string }) => item.domain)).toEqual([
    'app.acme.example',
    'localhost:5173',
    'pending.acme.example',
  ])
})

test('one verified domain belongs to one tenant, however many claim it', async () => {
  const claim = 'https://both.example'
  expect((await add(stranger, 'beta', claim)).body.status).toBe('pending')
  expect((await add(owner, 'acme', claim)).body.status).toBe('pending')
  const verified = await Promise.all(
    ['acme', 'beta'].map((tenant) => as(superuser, `POST /admin/tenants/${tenant}/domains/both.example/verify`)),
  )
  expect(verified.map(({ status }) => status).sort((one, other) => one - other)).toEqual([200, 409])
  expect(verified.find(({ status }) => status === 409)?.body.code).toBe('domain.taken')
  await makeTenant(app, superuser, 'gamma')
  expect((await add(superuser, 'gamma', claim)).body.code).toBe('domain.taken')
  expect((await add(superuser, 'gamma', 'https://platform.example')).body.code).toBe('domain.taken')
  expect((await add(superuser, 'acme', 'https://app.acme.example')).body.code).toBe('domain.taken')
})

test('what no browser sends as an Origin is refused with a reason', async () => {
  const refused = [
    '*',
    'null',
    'acme.example',
    'https://*.acme.example',
    'https://acme.example/path',
    'https://acme.example?x',
    'https://user@acme.example',
    'https://acme.example.',
    'https://acme',
    'http://acme.example',
    'ftp://acme.example',
    'javascript:alert(1)',
    'https://a_b.example',
    `https://${'a'.repeat(64)}.example`,
    'https://acme.example\u0000',
  ]
  for (const origin of refused) {
    const reply = await add(superuser, 'acme', origin)
    expect([origin, reply.status, reply.body.errors?.[0]?.path]).toEqual([origin, 422, 'origin'])
  }
})

test('a sign-in without a token or header is for the tenant whose verified domain it comes from', async () => {
  await makeTenant(app, superuser, 'delta')
  const email = 'una@delta.example'
  await as(superuser, 'POST /admin/tenants/delta/users', { email, password })
  await add(superuser, 'delta', 'https://delta.example')
  const from = (origin: string, tenant?: string) =>
    call(app, 'POST /auth/login', { tenant, headers: { origin }, body: { email, password } })
  const signedIn = await from('https://delta.example')
  const me = await call(app, 'GET /users/me', { token: signedIn.body.access_token })
  expect(me.body).toMatchObject({ email, scope: 'tenant', tenant_id: 'delta' })
  expect((await from('https://other.example')).status).toBe(401)
  // A header says more than the page it comes from.
  expect((await from('https://delta.example', 'acme')).status).toBe(401)
})

test('to others than its managers a tenant’s domains do not exist', async () => {
  const routes = [
    'GET /admin/tenants/acme/domains',
    'DELETE /admin/tenants/acme/domains/app.acme.example',
    'POST /admin/tenants/acme/domains/app.acme.example/verify',
  ]
  for (const route of routes)
    expect([route, (await as(stranger, route)).body.code]).toEqual([route, 'tenant.not_found'])
  expect((await as(stranger, 'DELETE /admin/tenants/beta/domains/app.acme.example')).body.code).toBe('domain.not_found')
  expect((await as(stranger, 'DELETE /admin/tenants/beta/domains/%27--')).body.code).toBe('domain.not_found')
})

test('changes by SQL and a purge act on CORS within a second, and each change is in the audit log', async () => {
  const sql = openOwner(app)
  await makeTenant(app, superuser, 'epsilon')
  await add(superuser, 'epsilon', 'https://epsilon.example')
  expect(await allowed('https://epsilon.example')).toBe(true)
  await sql`update tenant_domains set verified_at = null where domain = 'epsilon.example'`
  await eventually(async () => !(await allowed('https://epsilon.example')), 1_000)
  await as(superuser, 'POST /admin/tenants/epsilon/domains/epsilon.example/verify')
  expect(await allowed('https://epsilon.example')).toBe(true)
  await as(superuser, 'DELETE /admin/tenants/epsilon?purge=true', undefined, { 'x-confirm': 'epsilon' })
  await eventually(async () => !(await allowed('https://epsilon.example')), 1_000)
  await sql.end()
  const { body } = await as(superuser, 'GET /admin/audit?q=epsilon.example')
  const actions = body.items.map((item: { action: string; outcome: string }) => `${item.action} ${item.outcome}`)
  expect(actions).toEqual(['domain.verified done', 'domain.added done'])
})

test('a key that is sent again adds one domain', async () => {
  const send = () =>
    as(
      superuser,
      'POST /admin/tenants/acme/domains',
      { origin: 'https://again.example' },
      { 'idempotency-key': 'again' },
    )
  const [first, second] = [await send(), await send()]
  expect([first.status, second.status, second.body]).toEqual([201, 201, first.body])
})

test('silent name servers are told, not waited for', async () => {
  await add(owner, 'acme', 'https://silent.example')
  dns.silent = true
  const reply = await as(owner, 'POST /admin/tenants/acme/domains/silent.example/verify')
  dns.silent = false
  expect([reply.status, reply.body.code]).toEqual([503, 'domain.lookup_failed'])
})
