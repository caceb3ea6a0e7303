import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import postgres from 'postgres'
import { reconcileStores } from '../../server/data/reconcile-stores.ts'
import { createSecretBox } from '../../server/platform/secrets.ts'
import { call } from '../support/call.ts'
import { createTestDatabase } from '../support/databases.ts'
import { inDatabase, listDatabases, makeDedicatedTenant } from '../support/dedicated.ts'
import { makeSuperuser, makeUser, password, type Person } from '../support/people.ts'
import { productionEnv, signInFirst } from '../support/production.ts'
import { eventually, openOwner } from '../support/scenario.ts'
import { type ServerProcess, startServerProcess } from '../support/server-process.ts'
import { startApp, type TestApp } from '../support/start-app.ts'

/** Whatever dies while a tenant's database is made: it ends active or failed, one database each, none left over. */

const rounds = process.env.FULL ? 200 : 4

let app: TestApp
let superuser: Person
let sql: postgres.Sql

beforeAll(async () => {
  app = await startApp()
  superuser = await makeSuperuser(app)
  sql = openOwner(app)
})
afterAll(async () => {
  await sql.end({ timeout: 5 })
  await app.stop()
})

/** Without the spare that is being made beside what a test looks at. */
const reconcile = async () => {
  await app.services.provisioner.stop()
  return reconcileStores(app.services)
}

const listSettled = async () => {
  await app.services.provisioner.stop()
  return listDatabases(sql)
}

async function stateOf(id: string): Promise<string> {
  const [row] = await sql<{ state: string }[]>`select state from tenants where id = ${id}`
  return row?.state ?? 'gone'
}

/** A tenant whose store is half made, as a killed server leaves it. */
async function forgetStore(id: string): Promise<void> {
  await sql`update tenants set state = 'provisioning', database_name = null, database_role = null,
    database_password = null, store_version = null where id = ${id}`
}

test('when SECRET_KEY is lost, the statement of the runbook finds the databases of tenants again, with their rows', async () => {
  await makeDedicatedTenant(app, superuser, 'keyless')
  const { token } = superuser
  const body = { email: 'kept@people.example', password }
  expect((await call(app, 'POST /admin/tenants/keyless/users', { token, body })).status).toBe(201)
  const lost = await createSecretBox('a key that nobody has any more, 32 bytes')
  const place = { table: 'tenants', column: 'database_password', row: 'keyless' }
  await sql`update tenants set database_password = ${await lost.seal(place, 'whatever it was')} where id = 'keyless'`
  const listUsers = () => call(app, 'GET /admin/tenants/keyless/users', { token })
  await eventually(async () => (await listUsers()).body.code === 'tenant.database_unavailable')

  const page = await Bun.file(join(import.meta.dir, '../../docs/runbooks.md')).text()
  const [, statement] = /-c "(update tenants set state = 'provisioning'[^"]+)"/.exec(page) ?? []
  await sql.unsafe(statement ?? 'the runbook has no such statement')
  await reconcile()
  expect(await stateOf('keyless')).toBe('active')
  const users = await listUsers()
  expect(users.body.items.map((user: { email: string }) => user.email)).toEqual(['kept@people.example'])
})

describe('what a killed server leaves half done', () => {
  test('D4: a tenant that was only reserved is made', async () => {
    await sql`insert into tenants (id, name, isolation, state, database_server_id)
      select 'reserved', 'Reserved', 'dedicated', 'provisioning', id from database_servers where is_built_in`
    const { provisioned } = await reconcile()
    expect(provisioned).toContain('reserved')
    expect(await stateOf('reserved')).toBe('active')
  })

  test('D4: a role without a database, and a database that nobody wrote down, are taken up again with their rows', async () => {
    const tenant = await makeDedicatedTenant(app, superuser, 'unwritten')
    const made = await call(app, 'POST /admin/tenants/unwritten/users', {
      token: superuser.token,
      body: { email: 'kept@people.example', password },
    })
    expect(made.status).toBe(201)
    const before = await listSettled()
    await forgetStore('unwritten')
    await reconcile()
    expect(await listSettled()).toEqual(before)
    expect(await stateOf('unwritten')).toBe('active')
    expect((await call(app, 'GET /admin/tenants/unwritten', { token: superuser.token })).body.database_name).toBe(
      tenant.database_name,
    )
    const users = await call(app, 'GET /admin/tenants/unwritten/users', { token: superuser.token })
    expect(users.body.items.map((user: { email: string }) => user.email)).toEqual(['kept@people.example'])

    await makeDedicatedTenant(app, superuser, 'role-only')
    const [row] = await sql<{ database_name: string }[]>`select database_name from tenants where id = 'role-only'`
    await sql`drop database ${sql(row?.database_name ?? '')} with (force)`
    await forgetStore('role-only')
    await reconcile()
    expect(await stateOf('role-only')).toBe('active')
  })

  test('D4: an unfinished database is removed, of another installation it is left alone', async () => {
    const [own] = await sql<{ id: string }[]>`select replace(id::text, '-', '') as id from installation`
    const names = [`tenantry_new_${own?.id}_0123456789abcdef`, `tenantry_new_${'0'.repeat(32)}_${own?.id.slice(0, 12)}`]
    for (const name of names) await sql.unsafe(`create database ${name} allow_connections false`)
    const { dropped } = await reconcile()
    expect(dropped).toEqual([names[0] ?? ''])
    expect((await listSettled()).unfinished).toEqual([])
    expect(await sql`select 1 from pg_database where datname = ${names[1] ?? ''}`).toHaveLength(1)
    await sql.unsafe(`drop database ${names[1]}`)
  })

  test('D4: a database without a tenant is removed when it is empty, and set aside when it holds rows', async () => {
    await makeDedicatedTenant(app, superuser, 'lost-empty')
    await makeDedicatedTenant(app, superuser, 'lost-full')
    await makeUser(app, superuser, { tenant: 'lost-full' })
    const before = await listSettled()
    await sql`update users set tenant_id = null where tenant_id = 'lost-full'`
    await sql`delete from tenants where id in ('lost-empty', 'lost-full')`
    const { dropped, orphaned } = await reconcile()
    expect([dropped.length, orphaned.length]).toEqual([1, 1])
    const after = await listSettled()
    expect(after.stores).toHaveLength(before.stores.length - 2)
    expect(after.orphans).toEqual(orphaned)
    const rows = await inDatabase(app, orphaned[0] ?? '', (orphan) => orphan`select email from tenant.tenant_users`)
    expect(rows).toHaveLength(1)
    // Set aside once: the next round finds nothing to do.
    expect(await reconcile()).toEqual({ provisioned: [], dropped: [], orphaned: [] })
  })

  test('D4: while a database is being made, nothing is cleaned up', async () => {
    const [own] = await sql<{ id: string }[]>`select replace(id::text, '-', '') as id from installation`
    const name = `tenantry_new_${own?.id}_fedcba9876543210`
    await sql.unsafe(`create database ${name} allow_connections false`)
    const maker = openOwner(app)
    await maker`select pg_advisory_lock_shared(723641055, hashtext('all'))`
    expect((await reconcile()).dropped).toEqual([])
    await maker.end({ timeout: 5 })
    await eventually(async () => (await reconcile()).dropped.length === 1)
  })
})

test('a store that cannot be made says why; it is made at the next try, and other tenants are left as they are', async () => {
  await sql`insert into database_servers (id, name, is_built_in, address) values (gen_random_uuid(), 'nowhere', false, 'v1.x.y.z')`
  const [server] = await sql<{ id: string }[]>`select id from database_servers where name = 'nowhere'`
  await sql`insert into tenants (id, name, isolation, state, database_server_id)
    values ('stranded', 'Stranded', 'dedicated', 'provisioning', ${server?.id ?? ''})`
  await reconcile()
  const failed = await call(app, 'GET /admin/tenants/stranded', { token: superuser.token })
  expect(failed.body).toMatchObject({ state: 'failed', failure: expect.stringMatching(/\w/) })
  await sql`update tenants set database_server_id = (select id from database_servers where is_built_in) where id = 'stranded'`
  const retried = await call(app, 'POST /admin/tenants/stranded/provision/retry', { token: superuser.token })
  expect(retried.status).toBe(200)
  expect(retried.body).toMatchObject({ state: 'active', failure: null })
  // Once more changes nothing.
  const again = await call(app, 'POST /admin/tenants/stranded/provision/retry', { token: superuser.token })
  expect(again.body).toEqual(retried.body)
  await sql`delete from database_servers where name = 'nowhere'`
})

test('D5: replicas that make the same tenant at the same time make one database; nobody gets a 5xx', async () => {
  const replicas = [app, ...(await Promise.all([app.startReplica(), app.startReplica(), app.startReplica()]))]
  const before = await listSettled()
  const body = { id: 'raced', name: 'Raced', isolation: 'dedicated' }
  const headers = { 'idempotency-key': 'raced' }
  const replies = await Promise.all(
    [...replicas, ...replicas].map((replica) =>
      call(replica, 'POST /admin/tenants', { token: superuser.token, body, headers }),
    ),
  )
  expect(replies.filter(({ status }) => ![201, 202, 409].includes(status))).toEqual([])
  expect(replies.some(({ status }) => status === 201)).toBe(true)
  const replay = await call(app, 'POST /admin/tenants', { token: superuser.token, body, headers })
  expect(replay.body).toMatchObject({ id: 'raced', state: 'active' })

  await forgetStore('raced')
  const provisioned = await Promise.all(replicas.map(({ services }) => services.provisioner.provision(replay.body.id)))
  expect(provisioned.map((tenant) => tenant?.state)).toEqual(replicas.map(() => 'active'))
  expect((await listSettled()).stores).toHaveLength(before.stores.length + 1)
  for (const replica of replicas.slice(1)) await replica.stop()
})

test(`D4: kill -9 while tenants are made, ${rounds} times: after a restart each is active or failed with a reason, has one owner, and no database is left over`, async () => {
  const database = await createTestDatabase()
  const own = postgres(database.ownerUrl, { max: 1, onnotice: () => undefined })
  const env = { ...productionEnv, DATABASE_URL: database.ownerUrl }
  let running: ServerProcess | undefined
  let owner: string | undefined
  try {
    for (let round = 0; round <= rounds; round++) {
      running = await startServerProcess(env)
      await eventually(async () => {
        const [row] = await own<{ left: number }[]>`
          select count(*)::int as left from tenants where state not in ('active', 'failed')`
        return row?.left === 0
      }, 20_000)
      // Cleaning waits while somebody still makes databases, so it may take a moment.
      await eventually(async () => (await listDatabases(own)).unfinished.length === 0, 20_000)
      const tenants = await own`select id from tenants where state = 'active'`
      expect((await listDatabases(own)).stores).toHaveLength(tenants.length)
      expect(await own`select id from tenants where state = 'failed' and failure is null`).toHaveLength(0)
      if (round === rounds) break
      const token = await signInFirst(running)
      owner ??= await makeOwnerAt(running, token)
      const making = Promise.allSettled(
        [1, 2].map((n) => {
          const body = { id: `r${round}-${n}`, name: 'Killed', isolation: 'dedicated', owner_id: owner }
          return call(running ?? { url: '' }, 'POST /admin/tenants', { token, body })
        }),
      )
      await Bun.sleep(Math.random() * 150)
      await running.killHard()
      await making
    }
    expect(await running?.stop()).toBe(0)
    const { stores, orphans, spares } = await listDatabases(own)
    expect(orphans).toEqual([])
    expect(spares.length).toBeLessThanOrEqual(1)
    for (const store of stores) {
      const linked = await inDatabase({ database }, store, (sql) => sql`select core_user_id from tenant.tenant_users`)
      expect(linked.map((row) => row.core_user_id)).toEqual([owner])
    }
    console.log(`${rounds} kills: ${stores.length} of ${2 * rounds} tenants were asked for early enough and are active`)
  } finally {
    await running?.killHard()
    await own.end({ timeout: 5 })
    await database.drop()
  }
}, 1_800_000)

async function makeOwnerAt(server: ServerProcess, token: string): Promise<string> {
  const made = await call(server, 'POST /admin/users', {
    token,
    body: { email: 'owner@people.example', password, is_owner: true },
  })
  return made.body.id
}
