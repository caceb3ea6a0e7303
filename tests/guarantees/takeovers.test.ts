import { afterAll, beforeAll, expect, test } from 'bun:test'
import { call, type CallOptions, type Reply } from '../support/call.ts'
import { makeTenant, makeUser, password, type Person, signIn } from '../support/people.ts'
import { eventually, type Scenario, startScenario } from '../support/scenario.ts'
import type { TestApp } from '../support/start-app.ts'

/** What was somebody's once, or only looks like it, opens nothing: ids that come again, rights that end, addresses. */

let scenario: Scenario
let app: TestApp
let replica: TestApp
let superuser: Person

beforeAll(async () => {
  scenario = await startScenario()
  ;({ app, superuser } = scenario)
  replica = await app.startReplica()
})
afterAll(async () => {
  await replica.stop()
  await scenario.stop()
})

const asSuperuser = (route: string, options: CallOptions = {}): Promise<Reply> =>
  call(app, route, { token: superuser.token, ...options })
const purge = (id: string): Promise<Reply> =>
  asSuperuser(`DELETE /admin/tenants/${id}?purge=true`, { headers: { 'x-confirm': id } })

async function registerStranger(email: string): Promise<Person> {
  expect((await call(app, 'POST /auth/register', { body: { email, password } })).status).toBe(201)
  return signIn(app, email)
}

/** 202 on a machine so busy that the database takes over 5 s. */
const creations = [201, 202]

test('A1: a creation sent again by whoever made the organization once shows nothing of who has it now', async () => {
  const first = await makeUser(app, superuser, { is_owner: true })
  const second = await makeUser(app, superuser, { is_owner: true })
  const creation = { body: { name: 'House', id: 'handed-over' }, headers: { 'idempotency-key': 'once' } }
  const made = await call(app, 'POST /organizations', { token: first.token, ...creation })
  expect(creations).toContain(made.status)
  await eventually(async () => (await asSuperuser('GET /admin/tenants/handed-over')).body.state === 'active', 30_000)
  const given = await asSuperuser('PATCH /admin/tenants/handed-over', {
    body: { owner_id: second.id, system_prompt: 'The next owner’s secret recipe.' },
  })
  expect(given.status).toBe(200)
  const again = await call(app, 'POST /organizations', { token: first.token, ...creation })
  expect(again.text).not.toContain('secret recipe')
  expect([again.status, again.body.owner_id, again.body.id]).toEqual([201, first.id, 'handed-over'])

  expect((await purge('handed-over')).status).toBe(200)
  const anew = { name: 'Another house', id: 'handed-over' }
  const taken = await call(app, 'POST /organizations', { token: second.token, body: anew })
  expect(creations).toContain(taken.status)
  const afterPurge = await call(app, 'POST /organizations', { token: first.token, ...creation })
  expect(afterPurge.text).not.toContain('Another house')
  expect(afterPurge.text).not.toContain(second.id)
})

test('A1: tokens, links and sessions of a purged tenant open nothing in the next one of its id', async () => {
  await makeTenant(app, superuser, 'reborn')
  const assigned = await makeUser(app, superuser, { tenant: 'reborn' })
  const body = { email: 'first@people.example', password }
  await asSuperuser('POST /admin/tenants/reborn/users', { body })
  const user = await signIn(app, body.email, 'reborn')
  const invite = await asSuperuser('POST /admin/tenants/reborn/invites', { body: { email: 'late@people.example' } })
  const token = new URL(invite.body.link).hash.slice('#token='.length)
  expect((await purge('reborn')).status).toBe(200)
  await makeTenant(app, superuser, 'reborn')
  await asSuperuser('POST /admin/tenants/reborn/users', { body: { ...body, password: `${password} anew` } })

  for (const base of [app, replica]) {
    expect((await call(base, 'GET /users/me', { token: user.token })).status).toBe(401)
    expect((await call(base, 'GET /chat/sessions', { token: assigned.token })).status).toBe(401)
    expect((await call(base, 'GET /chat/sessions', { token: assigned.token, tenant: 'reborn' })).status).toBe(401)
    const refreshed = await call(base, 'POST /auth/refresh', { body: { refresh_token: user.refreshToken } })
    expect(refreshed.status).toBe(401)
    const accepted = await call(base, 'POST /auth/invites/accept', { tenant: 'reborn', body: { token, password } })
    expect(accepted.status).toBe(401)
    const old = await call(base, 'POST /auth/login', { tenant: 'reborn', body })
    expect(old.status).toBe(401)
  }
})

test('A10: whoever is an owner no more has no way left into what it owned, on any replica, within a second', async () => {
  const owner = await makeUser(app, superuser, { is_owner: true })
  await makeTenant(app, superuser, 'once-owned', { owner_id: owner.id })
  const inside = await signIn(app, owner.email, 'once-owned')
  expect((await call(replica, 'GET /chat/sessions', { token: inside.token })).status).toBe(200)
  await asSuperuser(`PATCH /admin/users/${owner.id}`, { body: { is_owner: false } })
  await Bun.sleep(900)
  for (const base of [app, replica]) {
    expect((await call(base, 'GET /admin/tenants/once-owned', { token: owner.token })).status).toBe(403)
    expect((await call(base, 'GET /chat/sessions', { token: owner.token, tenant: 'once-owned' })).status).toBe(403)
    expect((await call(base, 'GET /chat/sessions', { token: inside.token })).status).toBe(401)
    const entering = await call(base, 'POST /auth/login', {
      tenant: 'once-owned',
      body: { email: owner.email, password },
    })
    expect(entering.status).toBe(401)
  }
})

test('an address that nobody has shown to be its own gets neither a tenant nor the rights of a superuser', async () => {
  const email = 'the-boss@kepler.example'
  const stranger = await registerStranger(email)
  await makeTenant(app, superuser, 'wanted')
  const given = await asSuperuser('PATCH /admin/tenants/wanted', { body: { owner_id: stranger.id } })
  expect([given.status, given.body.code]).toEqual([409, 'user.unverified'])
  const made = await asSuperuser('POST /admin/tenants', {
    body: { id: 'wanted-2', name: 'Wanted', owner_id: stranger.id },
  })
  expect([made.status, made.body.code]).toEqual([409, 'user.unverified'])
  const promoted = await asSuperuser(`PATCH /admin/users/${stranger.id}`, { body: { is_superuser: true } })
  expect([promoted.status, promoted.body.code]).toEqual([409, 'user.unverified'])
  expect((await call(app, 'GET /chat/sessions', { token: stranger.token, tenant: 'wanted' })).status).toBe(403)
  const users = await asSuperuser('GET /admin/tenants/wanted/users')
  expect(users.text).not.toContain(email)

  const vouchedFor = await asSuperuser(`PATCH /admin/users/${stranger.id}`, {
    body: { is_superuser: true, is_verified: true },
  })
  expect(vouchedFor.status).toBe(200)
  expect((await asSuperuser(`DELETE /admin/users/${stranger.id}`)).status).toBe(204)
})

test('an address cannot be made to look like another by what nobody sees, nor be two people by its spelling', async () => {
  for (const hidden of ['\u200b', '\u00ad', '\u202e', '\u2066', '\ufeff', '\u061c', '\u180e', '\u{e0061}']) {
    for (const email of [`ro${hidden}ot@platform.example`, `root@plat${hidden}form.example`]) {
      const reply = await call(app, 'POST /auth/register', { body: { email, password } })
      expect([escape(hidden), reply.status]).toEqual([escape(hidden), 422])
    }
  }
  // The Kelvin sign is a k in lower case: the mail goes to the address that the account has.
  await makeTenant(app, superuser, 'spelling')
  const email = 'mi\u212ae@people.example'
  const joined = await call(app, 'POST /auth/register', { tenant: 'spelling', body: { email, password } })
  expect([joined.status, joined.body.email]).toEqual([201, 'mike@people.example'])
  const again = await call(app, 'POST /auth/register', {
    tenant: 'spelling',
    body: { email: 'MIKE@people.example', password },
  })
  expect(again.status).toBe(409)
  const mailbox = await asSuperuser('GET /admin/mailbox')
  const recipients = mailbox.body.items.map(({ to }: { to: string }) => to)
  expect(recipients).toContain('mike@people.example')
  expect(recipients).not.toContain(email)
})

test('of superusers who demote each other at once, on two replicas, one is always left', async () => {
  for (let round = 0; round < 4; round += 1) {
    const other = await makeUser(app, superuser, { is_superuser: true })
    const demote = (base: TestApp, token: string, id: string, body: unknown): Promise<Reply> =>
      call(base, `PATCH /admin/users/${id}`, { token, body })
    const replies = await Promise.all([
      demote(app, superuser.token, other.id, { is_superuser: false }),
      demote(replica, other.token, superuser.id, round % 2 ? { is_active: false } : { is_superuser: false }),
    ])
    const [row] = await scenario.sql<{ count: number }[]>`
      select count(*)::int as count from users where is_superuser and is_active`
    expect(row?.count).toBe(1)
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    await scenario.sql`update users set is_superuser = (id = ${superuser.id}), is_active = true
      where id in (${superuser.id}, ${other.id})`
    superuser = await signIn(app, superuser.email)
  }
}, 30_000)

test('D5: two owners who want one id at once, on two replicas: one gets it with one database, the other is told', async () => {
  const owners = await Promise.all(Array.from({ length: 6 }, () => makeUser(app, superuser, { is_owner: true })))
  const replies = await Promise.all(
    owners.map(({ token }, at) =>
      call(at % 2 ? app : replica, 'POST /organizations', { token, body: { name: `House ${at}`, id: 'contested' } }),
    ),
  )
  expect(replies.filter(({ status }) => creations.includes(status))).toHaveLength(1)
  expect(replies.filter(({ status, body }) => status === 409 && body.code === 'tenant.id_taken')).toHaveLength(5)
  const winner = replies.find(({ status }) => creations.includes(status))
  for (const [at, { token }] of owners.entries()) {
    const seen = await call(app, 'GET /organizations/contested', { token })
    expect(seen.status).toBe(owners[at]?.id === winner?.body.owner_id ? 200 : 404)
  }
})

test('of two tenants whose managers prove one domain at once, on two replicas, one has it', async () => {
  for (const id of ['left', 'right']) await makeTenant(app, superuser, id)
  for (let round = 0; round < 5; round += 1) {
    const origin = `https://chat${round}.example`
    const replies = await Promise.all(
      ['left', 'right'].flatMap((id) =>
        [app, replica].map((base) =>
          call(base, `POST /admin/tenants/${id}/domains`, { token: superuser.token, body: { origin } }),
        ),
      ),
    )
    expect(replies.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([201, 409, 409, 409])
    const verified = await scenario.sql`
      select tenant_id from tenant_domains where origin = ${origin} and verified_at is not null`
    expect(verified).toHaveLength(1)
  }
})
