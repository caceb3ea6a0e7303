import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import postgres from 'postgres'
import { prepareTokenizer } from '../../server/answering/token-estimate.ts'
import { createSecretBox } from '../../server/platform/secrets.ts'
import { call, iterateEvents, send, type SseEvent } from '../support/call.ts'
import { type DedicatedTenant, inDatabase, makeDedicatedTenant } from '../support/dedicated.ts'
import { endSessions } from '../support/owner-sql.ts'
import { password, type Person, signIn } from '../support/people.ts'
import { eventually, type Scenario, startScenario } from '../support/scenario.ts'
import { type TestApp, testSecrets } from '../support/start-app.ts'

/** Dedicated stores: nobody gets from one into another, and what changes in one acts on every replica. */

let scenario: Scenario
let app: TestApp
let replica: TestApp
let superuser: Person
let a: DedicatedTenant
let b: DedicatedTenant

beforeAll(async () => {
  // As the server does before it listens: a cut answer is counted by it.
  await prepareTokenizer()
  scenario = await startScenario()
  ;({ app, superuser } = scenario)
  replica = await app.startReplica()
  a = await makeDedicatedTenant(app, superuser, 'alpha')
  b = await makeDedicatedTenant(app, superuser, 'beta')
})
afterAll(async () => {
  await replica.stop()
  await scenario.stop()
})

/** The login that requests to a tenant's store use, opened from its sealed password. */
async function loginOf(id: string): Promise<{ role: string; password: string }> {
  const [row] = await scenario.sql<{ database_role: string; database_password: string }[]>`
    select database_role, database_password from tenants where id = ${id}`
  const box = await createSecretBox(testSecrets.SECRET_KEY)
  const place = { table: 'tenants', column: 'database_password', row: id }
  return { role: row?.database_role ?? '', password: await box.open(place, row?.database_password ?? '') }
}

async function tryToConnect(login: { role: string; password: string }, database: string): Promise<string> {
  const url = new URL(app.database.ownerUrl)
  Object.assign(url, { username: login.role, password: login.password, pathname: `/${database}` })
  const sql = postgres(url.toString(), { max: 1, connect_timeout: 5, onnotice: () => undefined })
  try {
    await sql`select 1`
    return 'connected'
  } catch (error) {
    return error instanceof postgres.PostgresError ? error.code : 'other'
  } finally {
    await sql.end({ timeout: 5 })
  }
}

describe('the login role of a dedicated tenant', () => {
  test('A7: gets into its own database, and into no other of this installation', async () => {
    const login = await loginOf('alpha')
    expect(await tryToConnect(login, a.database_name)).toBe('connected')
    const others = await scenario.sql<{ datname: string }[]>`
      select datname from pg_database d, installation i
      where starts_with(shobj_description(d.oid, 'pg_database'), 'tenantry:' || i.id || ':') and datname <> ${a.database_name}`
    expect(others.length).toBeGreaterThan(1)
    for (const name of [app.database.name, ...others.map(({ datname }) => datname)]) {
      // 42501: no right to connect; 55000: a template takes no connections at all.
      expect(['42501', '55000']).toContain(await tryToConnect(login, name))
    }
  })

  test('A7: sees nothing of its own database without the tenant being set, and can make nothing there', async () => {
    const login = await loginOf('alpha')
    const url = new URL(app.database.ownerUrl)
    Object.assign(url, { username: login.role, password: login.password, pathname: `/${a.database_name}` })
    const sql = postgres(url.toString(), { max: 1, onnotice: () => undefined })
    await call(app, 'POST /admin/tenants/alpha/users', {
      token: superuser.token,
      body: { email: 'hidden@people.example', password },
    })
    expect(await sql`select * from tenant.tenant_users`).toHaveLength(0)
    for (const statement of [
      'create table tenant.mine (id int)',
      'create schema mine',
      'create database mine',
      'create role mine',
    ]) {
      const refusal: unknown = await sql.unsafe(statement).then(
        () => undefined,
        (error: unknown) => error,
      )
      expect(refusal).toBeInstanceOf(postgres.PostgresError)
    }
    await sql.end({ timeout: 5 })
  })
})

test.each(["o'hara", '"; drop database postgres; --', 'ünïcode', 'x'.repeat(64), '../core', 'a b', ''])(
  'A7: an id like %p never names anything',
  async (id) => {
    const body = { id, name: 'Hostile', isolation: 'dedicated' }
    expect((await call(app, 'POST /admin/tenants', { token: superuser.token, body })).status).toBe(422)
  },
)

test.each(['postgres', 'template0', 'tenant', 'public', 'tenantry_runtime'])(
  'A7: a tenant may be called %s: its database has a generated name all the same',
  async (id) => {
    const tenant = await makeDedicatedTenant(app, superuser, id)
    expect(tenant.database_name).toMatch(/^tenant_\d+(_[0-9a-f]{8})?$/)
  },
)

async function makeEndUser(tenant: string, name: string): Promise<Person> {
  const email = `${name}@people.example`
  const made = await call(app, `POST /admin/tenants/${tenant}/users`, {
    token: superuser.token,
    body: { email, password },
  })
  expect(made.status).toBe(201)
  return signIn(app, email, tenant)
}

const inStore = <T>(tenant: DedicatedTenant, work: (sql: postgres.Sql) => Promise<T>) =>
  inDatabase(app, tenant.database_name, work)

async function refusedAfterMs(base: TestApp, options: { token: string; tenant?: string }): Promise<number> {
  const startedMs = performance.now()
  await eventually(async () => [401, 403].includes((await call(base, 'GET /chat/sessions', options)).status), 6_000)
  return performance.now() - startedMs
}

/** What the guarantee allows, and what a machine under load adds to one call. */
const refusedWithinMs = 1_000

test('A8: the same person in two stores: switched off in one, it still enters the other', async () => {
  const callers = [a, b].map(({ id }) => ({ token: superuser.token, tenant: id }))
  for (const base of [app, replica]) {
    for (const caller of callers) expect((await call(base, 'GET /chat/sessions', caller)).status).toBe(200)
  }
  await inStore(a, (sql) => sql`update tenant.tenant_users set is_active = false where core_user_id = ${superuser.id}`)
  for (const base of [app, replica]) {
    await refusedAfterMs(base, callers[0] ?? { token: '' })
    expect((await call(base, 'GET /chat/sessions', callers[1])).status).toBe(200)
  }
  await inStore(a, (sql) => sql`update tenant.tenant_users set is_active = true where core_user_id = ${superuser.id}`)
})

test.each([
  {
    title: 'is switched off',
    change: (sql: postgres.Sql, id: string) => sql`update tenant.tenant_users set is_active = false where id = ${id}`,
  },
  {
    title: 'gets another password',
    change: (sql: postgres.Sql, id: string) =>
      sql`update tenant.tenant_users set password_hash = 'changed' where id = ${id}`,
  },
  {
    title: 'is deleted',
    change: (sql: postgres.Sql, id: string) => sql`delete from tenant.tenant_users where id = ${id}`,
  },
])(
  'A10: an end user in a database of its own that $title by SQL is refused within 1 s on every replica, and its open stream is cut within 5 s',
  async ({ title, change }) => {
    const name = title.replaceAll(/\W/g, '-')
    const [user, neighbour] = [await makeEndUser('beta', name), await makeEndUser('beta', `neighbour-${name}`)]
    scenario.model.behave({ tokens: 2_000, delayMs: 10 })
    const response = await send(replica, 'POST /chat/stream', {
      token: user.token,
      body: { message: 'Tell me everything' },
    })
    expect(response.status).toBe(200)
    const ended = (async () => {
      let last
      for await (const event of iterateEvents(response)) last = event
      return { last, atMs: performance.now() }
    })()
    for (const base of [app, replica]) {
      expect((await call(base, 'GET /chat/sessions', { token: user.token })).status).toBe(200)
    }
    await inStore(b, (sql) => change(sql, user.id))
    const changedMs = performance.now()
    const refused = await Promise.all([app, replica].map((base) => refusedAfterMs(base, { token: user.token })))
    expect(Math.max(...refused)).toBeLessThan(refusedWithinMs)
    const { last, atMs } = await ended
    expect(last?.event).toBe('error')
    expect(atMs - changedMs).toBeLessThan(5_000)
    expect((await call(replica, 'GET /chat/sessions', { token: neighbour.token })).status).toBe(200)
  },
  15_000,
)

test('an answer that is under way is stored although its database server was changed meanwhile', async () => {
  const user = await makeEndUser('beta', 'patient')
  scenario.model.behave({ tokens: 60, delayMs: 10 })
  const response = await send(app, 'POST /chat/stream', { token: user.token, body: { message: 'Will this be kept?' } })
  await scenario.sql`update database_servers set updated_at = now() where is_built_in`
  let last: SseEvent | undefined
  for await (const event of iterateEvents(response)) last = event
  expect(last?.event).toBe('done')
  const kept = await inStore(
    b,
    (sql) => sql`select status from tenant.chat_messages where id = ${last?.data.message_id}`,
  )
  expect(kept).toMatchObject([{ status: 'completed' }])
})

test('D2: a turn whose store is lost midway is told done only once it is back and keeps the answer; it is counted once, and others notice nothing', async () => {
  const user = await makeEndUser('beta', 'unlucky')
  scenario.model.behave({ tokens: 200, delayMs: 10 })
  const response = await send(app, 'POST /chat/stream', { token: user.token, body: { message: 'Will this be kept?' } })
  const events: SseEvent[] = []
  const ended = (async () => {
    for await (const event of iterateEvents(response)) events.push(event)
  })()
  // The first token comes after the question is stored.
  await eventually(() => events.some(({ event }) => event === 'delta'))
  await scenario.sql`alter database ${scenario.sql(b.database_name)} allow_connections false`
  await endSessions(scenario.sql, { database: b.database_name })
  // A connection that was cut off in the middle of a statement says so in the database's words.
  const lost = await eventually(async () => {
    const reply = await call(app, 'GET /chat/sessions', { token: user.token })
    return reply.body.code === 'server.unavailable' ? undefined : reply
  })
  expect([lost.status, lost.body.code]).toEqual([503, 'tenant.database_unavailable'])
  expect(lost.headers.get('retry-after')).toBe('2')
  expect((await call(app, 'GET /chat/sessions', { token: superuser.token, tenant: 'alpha' })).status).toBe(200)
  // Whoever can mend it sees it.
  const seen = async () => {
    await app.services.health.flush()
    const [home, tenant] = await Promise.all([
      call(app, 'GET /admin/overview', { token: superuser.token }),
      call(app, 'GET /admin/tenants/beta/overview', { token: superuser.token }),
    ])
    const isDatabase = (state: { connection: string }): boolean => state.connection === 'database'
    return {
      failing: home.body.failing_connections.filter(isDatabase),
      state: tenant.body.connections.find(isDatabase),
    }
  }
  const { failing, state } = await seen()
  expect(failing).toMatchObject([{ tenant_id: 'beta', code: 'tenant.database_unavailable' }])
  expect(state).toMatchObject({ failing_since: expect.any(String), affected: expect.any(Number) })
  await scenario.sql`alter database ${scenario.sql(b.database_name)} allow_connections true`
  await eventually(async () => (await call(app, 'GET /chat/sessions', { token: user.token })).status === 200)
  expect(await seen()).toMatchObject({
    failing: [],
    state: { failing_since: null, last_success_at: expect.any(String) },
  })
  await ended
  const last = events.at(-1)
  expect(last?.event).toBe('done')
  const kept = await inStore(
    b,
    (sql) => sql`select status from tenant.chat_messages where id = ${last?.data.message_id}`,
  )
  expect(kept).toMatchObject([{ status: 'completed' }])
  const calls = await scenario.sql`select status from usage_ledger where user_id = ${user.id}`
  expect(calls.map(({ status }) => status)).toEqual(['completed'])
}, 20_000)
