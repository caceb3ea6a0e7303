import { afterAll, beforeAll, expect, test } from 'bun:test'
import type postgres from 'postgres'
import { call, iterateEvents, send } from '../support/call.ts'
import { type FakeOpenAi, startFakeOpenAi } from '../support/fake-openai.ts'
import { asOwner, endSessions } from '../support/owner-sql.ts'
import { makeSuperuser, makeTenant, makeUser, type Person, signIn } from '../support/people.ts'
import { startApp, type TestApp } from '../support/start-app.ts'

const refusedWithinMs = 1_000
const cutWithinMs = 5_000

let openai: FakeOpenAi
let app: TestApp
let replica: TestApp
let superuser: Person
let cases = 0

beforeAll(async () => {
  openai = await startFakeOpenAi({ record: false })
  openai.behave({ tokens: 10_000, delayMs: 50 }, { sticky: true })
  app = await startApp({ env: { OPENAI_API_KEY: 'sk-platform-key', OPENAI_BASE_URL: openai.url } })
  replica = await app.startReplica()
  superuser = await makeSuperuser(app)
})
afterAll(async () => {
  await replica.stop()
  await app.stop()
  await openai.stop()
})

/** Somebody who chats in a tenant over both replicas. */
interface Scene {
  tenant: string
  other: string
  person: Person
}

interface Case {
  title: string
  /** Who is it; default: a user assigned to the tenant. */
  as?: 'superuser' | 'owner'
  byApi?: (scene: Scene) => Promise<{ status: number }>
  bySql: (scene: Scene, sql: postgres.Sql) => Promise<unknown>
  /** A route that must be refused after the change; default: the conversations. */
  route?: string
  refusal: number[]
}

const byApi = (route: string, body?: unknown) => call(app, route, { token: superuser.token, body })

const changes: Case[] = [
  {
    title: 'the tenant is suspended',
    byApi: ({ tenant }) => byApi(`DELETE /admin/tenants/${tenant}`),
    bySql: ({ tenant }, sql) => sql`update tenants set is_active = false where id = ${tenant}`,
    refusal: [403],
  },
  {
    title: 'the user is disabled',
    byApi: ({ person }) => byApi(`PATCH /admin/users/${person.id}`, { is_active: false }),
    bySql: ({ person }, sql) => sql`update users set is_active = false where id = ${person.id}`,
    refusal: [401],
  },
  {
    title: 'the user is deleted',
    byApi: ({ person }) => byApi(`DELETE /admin/users/${person.id}`),
    bySql: ({ person }, sql) => sql`delete from users where id = ${person.id}`,
    refusal: [401],
  },
  {
    title: 'the user is unassigned',
    byApi: ({ person }) => byApi(`DELETE /admin/users/${person.id}/tenant`),
    bySql: ({ person }, sql) => sql`update users set tenant_id = null where id = ${person.id}`,
    refusal: [401],
  },
  {
    title: 'the user is assigned to another tenant',
    byApi: ({ person, other }) => byApi(`PUT /admin/users/${person.id}/tenant`, { tenant_id: other }),
    bySql: ({ person, other }, sql) => sql`update users set tenant_id = ${other} where id = ${person.id}`,
    refusal: [401],
  },
  {
    title: 'the password is changed',
    byApi: ({ person }) => byApi(`PATCH /admin/users/${person.id}`, { password: 'another password of tests' }),
    bySql: ({ person }, sql) => sql`update users set password_hash = 'changed' where id = ${person.id}`,
    refusal: [401],
  },
  {
    title: 'the user’s access to the tenant is switched off',
    bySql: ({ person, tenant }, sql) =>
      sql`update tenant.tenant_users set is_active = false where tenant_id = ${tenant} and id = ${person.id}`,
    refusal: [401, 403],
  },
  {
    title: 'the sessions are revoked',
    bySql: ({ person }, sql) => sql`update sign_in_sessions set revoked_at = now() where user_id = ${person.id}`,
    refusal: [401],
  },
  {
    title: 'the superuser is demoted',
    as: 'superuser',
    byApi: ({ person }) => byApi(`PATCH /admin/users/${person.id}`, { is_superuser: false }),
    bySql: ({ person }, sql) => sql`update users set is_superuser = false where id = ${person.id}`,
    refusal: [401, 403],
  },
  {
    title: 'the superuser is demoted, on its own routes',
    as: 'superuser',
    byApi: ({ person }) => byApi(`PATCH /admin/users/${person.id}`, { is_superuser: false }),
    bySql: ({ person }, sql) => sql`update users set is_superuser = false where id = ${person.id}`,
    route: 'GET /admin/users',
    refusal: [403],
  },
  {
    title: 'the tenant gets no owner any more',
    as: 'owner',
    byApi: ({ tenant }) => byApi(`PATCH /admin/tenants/${tenant}`, { owner_id: null }),
    bySql: ({ tenant }, sql) => sql`update tenants set owner_id = null where id = ${tenant}`,
    refusal: [401, 403],
  },
]

async function setScene(as: Case['as']): Promise<Scene> {
  const [tenant, other] = [`tenant-${++cases}`, `other-${cases}`]
  const person = await makeUser(app, superuser, {
    is_superuser: as === 'superuser',
    is_owner: as === 'owner',
  })
  await makeTenant(app, superuser, tenant, as === 'owner' ? { owner_id: person.id } : {})
  await makeTenant(app, superuser, other)
  if (!as) await byApi(`PUT /admin/users/${person.id}/tenant`, { tenant_id: tenant })
  return { tenant, other, person: await signIn(app, person.email) }
}

/** A stream that is read to its end; `firstEvent` resolves when it runs. */
function openStream(base: TestApp, options: { token: string; tenant?: string }) {
  const { promise: running, resolve: noteRunning } = Promise.withResolvers<void>()
  const ended = (async () => {
    const response = await send(base, 'POST /chat/stream', { ...options, body: { message: 'Tell me everything' } })
    if (response.status !== 200) throw new Error(`no stream: ${response.status} ${await response.text()}`)
    let last: { event: string; data: { status?: number; code?: string } } | undefined
    let deltas = 0
    for await (const event of iterateEvents(response)) {
      last = event
      if (event.event === 'delta' && ++deltas === 2) noteRunning()
    }
    return { last, atMs: performance.now() }
  })()
  return { running, ended }
}

async function refusedAfterMs(
  base: TestApp,
  route: string,
  options: { token: string; tenant?: string },
  refusal: number[],
): Promise<number> {
  const startedMs = performance.now()
  for (;;) {
    const { status } = await call(base, route, options)
    const passedMs = performance.now() - startedMs
    if (refusal.includes(status) || passedMs > cutWithinMs) return passedMs
    if (status !== 200) throw new Error(`${route} answered ${status}`)
    await Bun.sleep(10)
  }
}

async function expectAccessToEnd(scenario: Case, change: (scene: Scene) => Promise<unknown>): Promise<void> {
  const scene = await setScene(scenario.as)
  const route = scenario.route ?? 'GET /chat/sessions'
  const header = scenario.as && !scenario.route ? { tenant: scene.tenant } : {}
  const platform = { token: scene.person.token, ...header }
  const insider = { token: (await signIn(app, scene.person.email, scene.tenant)).token }
  const callers = scenario.route ? [platform] : [platform, insider]
  const bases = [app, replica]
  const streams = scenario.route
    ? []
    : [openStream(app, platform), openStream(replica, platform), openStream(replica, insider)]
  await Promise.all(streams.map((stream) => stream.running))
  for (const base of bases) {
    for (const caller of callers) expect((await call(base, route, caller)).status).toBe(200)
  }

  await change(scene)
  const changedMs = performance.now()
  const refusals = await Promise.all(
    bases.flatMap((base) => callers.map((caller) => refusedAfterMs(base, route, caller, scenario.refusal))),
  )
  expect(Math.max(...refusals)).toBeLessThan(refusedWithinMs)

  const endings = await Promise.all(streams.map((stream) => stream.ended))
  for (const { last, atMs } of endings) {
    expect(last?.event).toBe('error')
    expect([401, 403]).toContain(last?.data.status ?? 0)
    expect(atMs - changedMs).toBeLessThan(cutWithinMs)
  }
  expect([app.services.openAnswers.size, replica.services.openAnswers.size]).toEqual([0, 0])
}

for (const scenario of changes) {
  const { byApi: change } = scenario
  if (change) {
    test(`A10: when ${scenario.title} by API, every replica refuses within 1 s and cuts open streams within 5 s`, () =>
      expectAccessToEnd(scenario, async (scene) => expect([200, 204]).toContain((await change(scene)).status)))
  }
  test(`A10: when ${scenario.title} by SQL, every replica refuses within 1 s and cuts open streams within 5 s`, () =>
    expectAccessToEnd(scenario, (scene) => asOwner(app, (sql) => scenario.bySql(scene, sql))))
}

const whileDeaf = changes.filter(({ title }) =>
  ['the tenant is suspended', 'the user is disabled', 'the password is changed'].includes(title),
)
test.each(whileDeaf)(
  'A10: when $title by SQL while the listening connections are cut, it holds all the same',
  async (scenario) => {
    await expectAccessToEnd(scenario, (scene) =>
      asOwner(app, async (sql) => {
        await endSessions(sql, { database: app.database.name, application: 'tenantry listen' })
        await scenario.bySql(scene, sql)
      }),
    )
    for (const base of [app, replica]) {
      for (let tries = 0; tries < 300 && !base.services.feed.isListening(); tries++) await Bun.sleep(10)
      expect(base.services.feed.isListening()).toBe(true)
    }
  },
  15_000,
)

test('A10: an end user’s password changed by SQL ends its sessions, and only its own', async () => {
  const { tenant, person } = await setScene(undefined)
  const [own, neighbour] = [await makeEndUser(tenant, 'own'), await makeEndUser(tenant, 'neighbour')]
  const insider = await signIn(app, person.email, tenant)
  await asOwner(app, (sql) => sql`update tenant.tenant_users set password_hash = 'changed' where id = ${own.id}`)
  expect(await refusedAfterMs(replica, 'GET /chat/sessions', { token: own.token }, [401])).toBeLessThan(refusedWithinMs)
  for (const { token } of [neighbour, insider]) {
    expect((await call(replica, 'GET /chat/sessions', { token })).status).toBe(200)
  }
})

test('A10: one’s own new password ends one’s other sessions, not the one that changed it', async () => {
  const { person } = await setScene(undefined)
  const elsewhere = await signIn(replica, person.email)
  const changed = await call(app, 'PATCH /users/me', {
    token: person.token,
    body: { password: 'another password of tests', current_password: person.password },
  })
  expect(changed.status).toBe(200)
  for (const base of [app, replica]) {
    expect(await refusedAfterMs(base, 'GET /users/me', { token: elsewhere.token }, [401])).toBeLessThan(refusedWithinMs)
    expect((await call(base, 'GET /users/me', { token: person.token })).status).toBe(200)
  }
})

test('A10: an old kind of hash that is replaced at sign-in ends no session', async () => {
  const { person } = await setScene(undefined)
  const bcrypt = await Bun.password.hash(person.password, { algorithm: 'bcrypt', cost: 4 })
  await asOwner(app, (sql) => sql`update users set password_hash = ${bcrypt} where id = ${person.id}`)
  const first = await signIn(app, person.email)
  const second = await signIn(app, person.email)
  const [row] = await asOwner(app, (sql) => sql`select password_hash from users where id = ${person.id}`)
  expect(row?.password_hash).toStartWith('$argon2id$')
  for (const { token } of [first, second]) expect((await call(app, 'GET /users/me', { token })).status).toBe(200)
})

async function makeEndUser(tenant: string, name: string): Promise<Person> {
  const email = `${name}@${tenant}.example`
  const hash = await Bun.password.hash('correct horse battery staple', {
    algorithm: 'argon2id',
    memoryCost: 19_456,
    timeCost: 2,
  })
  await asOwner(
    app,
    (sql) => sql`insert into tenant.tenant_users (tenant_id, id, email, password_hash)
      values (${tenant}, gen_random_uuid(), ${email}, ${hash})`,
  )
  return signIn(app, email, tenant)
}
