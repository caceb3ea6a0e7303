import { afterAll, beforeAll, expect, test } from 'bun:test'
import postgres from 'postgres'
import { storeMigrations } from '../../server/data/migrate.ts'
import { reconcileStores } from '../../server/data/reconcile-stores.ts'
import { call } from '../support/call.ts'
import { createTestDatabase } from '../support/databases.ts'
import { inDatabase, listDatabases, makeDedicatedTenant } from '../support/dedicated.ts'
import { makeSuperuser, type Person } from '../support/people.ts'
import { productionEnv, signInFirst } from '../support/production.ts'
import { eventually, openOwner } from '../support/scenario.ts'
import { type ServerProcess, startServerProcess } from '../support/server-process.ts'
import { startApp, type TestApp } from '../support/start-app.ts'

/** A server keeps one database ready for its next tenant: nobody's, closed, up to date, and taken by one. */

let app: TestApp
let superuser: Person
let sql: postgres.Sql

beforeAll(async () => {
  app = await startApp()
  superuser = await makeSuperuser(app)
  sql = openOwner(app)
  await makeDedicatedTenant(app, superuser, 'first')
})
afterAll(async () => {
  await sql.end({ timeout: 5 })
  await app.stop()
})

async function oidOf(database: string): Promise<number | undefined> {
  const [row] = await sql<{ oid: number }[]>`select oid::int from pg_database where datname = ${database}`
  return row?.oid
}

/** The one spare there is, once nobody is making any. */
async function getSpare(): Promise<{ name: string; oid: number }> {
  await app.services.provisioner.stop()
  const { spares } = await listDatabases(sql)
  expect(spares).toHaveLength(1)
  const name = spares[0] ?? ''
  return { name, oid: (await oidOf(name)) ?? 0 }
}

/** A database with the stamp of a spare. */
async function makeSpareLike(name: string, version: number): Promise<void> {
  const [row] = await sql<{ id: string }[]>`select id::text from installation`
  await sql.unsafe(`create database ${name} allow_connections false`)
  await sql.unsafe(`comment on database ${name} is 'tenantry:${row?.id}:spare:${version}:0123456789abcdef'`)
}

test('a spare takes no connections; the next tenant gets that very database under its own name and stamp, and another is made', async () => {
  const spare = await getSpare()
  const [closed] = await sql<{ takes: boolean; open: boolean }[]>`
    select datallowconn as takes, coalesce((select bool_or(grantee = 0 and privilege_type = 'CONNECT') from aclexplode(datacl)), true) as open
    from pg_database where datname = ${spare.name}`
  expect(closed).toEqual({ takes: false, open: false })

  const tenant = await makeDedicatedTenant(app, superuser, 'taker')
  expect(await oidOf(tenant.database_name)).toBe(spare.oid)
  expect(await oidOf(spare.name)).toBeUndefined()
  const roles = await sql<{ rolname: string }[]>`
    select r.rolname from pg_database d, aclexplode(d.datacl) a join pg_roles r on r.oid = a.grantee
    where d.datname = ${tenant.database_name} and a.privilege_type = 'CONNECT' and r.oid <> d.datdba`
  expect(roles.map(({ rolname }) => rolname)).toEqual([expect.stringMatching(new RegExp(`_${tenant.number}$`))])
  const migrated = await inDatabase(
    app,
    tenant.database_name,
    (store) => store`select 1 from drizzle.tenant_migrations`,
  )
  expect(migrated).toHaveLength(storeMigrations().version)
  expect((await getSpare()).oid).not.toBe(spare.oid)
})

test('of replicas that make tenants at the same time one gets the spare, the others a copy of the template', async () => {
  const spare = await getSpare()
  const replicas = [app, await app.startReplica(), await app.startReplica()]
  const tenants = await Promise.all(replicas.map((replica, n) => makeDedicatedTenant(replica, superuser, `rival-${n}`)))
  const oids = await Promise.all(tenants.map((tenant) => oidOf(tenant.database_name)))
  expect(new Set(oids).size).toBe(replicas.length)
  expect(oids.filter((oid) => oid === spare.oid)).toHaveLength(1)
  for (const replica of replicas.slice(1)) await replica.stop()
  await getSpare()
})

test("a spare of older migrations is nobody's store and is removed; one of newer ones is left to newer replicas", async () => {
  const { version } = storeMigrations()
  const spare = await getSpare()
  await sql.unsafe(`drop database ${spare.name}`)
  await makeSpareLike('tenantry_spare_stale', version - 1)
  await makeSpareLike('tenantry_spare_newer', version + 1)
  const newer = await oidOf('tenantry_spare_newer')
  const [stale, tenant] = [await oidOf('tenantry_spare_stale'), await makeDedicatedTenant(app, superuser, 'not-stale')]
  expect([stale, newer]).not.toContain(await oidOf(tenant.database_name))
  await app.services.provisioner.stop()
  const { dropped } = await reconcileStores(app.services)
  expect(dropped).toEqual(['tenantry_spare_stale'])
  expect(await oidOf('tenantry_spare_newer')).toBe(newer)
  await sql.unsafe('drop database tenantry_spare_newer')
})

test('the reconciler leaves the spare alone, makes a missing one, and takes it from a server that takes no new tenants', async () => {
  const spare = await getSpare()
  expect(await reconcileStores(app.services)).toEqual({ provisioned: [], dropped: [], orphaned: [] })
  expect(await getSpare()).toEqual(spare)
  await sql.unsafe(`drop database ${spare.name}`)
  await reconcileStores(app.services)
  const again = await getSpare()
  await sql`update database_servers set is_draining = true where is_built_in`
  expect((await reconcileStores(app.services)).dropped).toEqual([again.name])
  await sql`update database_servers set is_draining = false where is_built_in`
})

test('kill -9 while a spare is made: nothing is left over, and there is one again', async () => {
  const database = await createTestDatabase()
  const own = postgres(database.ownerUrl, { max: 1, onnotice: () => undefined })
  const env = { ...productionEnv, DATABASE_URL: database.ownerUrl }
  let running: ServerProcess | undefined
  try {
    let made = 0
    // A spare is made within milliseconds: a kill that comes too late shows nothing, and is tried again.
    for (let hits = 0; hits < 2;) {
      expect(++made).toBeLessThan(15)
      const id = `killed-${made}`
      running = await startServerProcess(env)
      const server = running
      const token = await signInFirst(server)
      const making = call(server, 'POST /admin/tenants', {
        token,
        body: { id, name: 'Killed', isolation: 'dedicated' },
      })
      const listUnfinished = async () => (await listDatabases(own)).unfinished
      await eventually(async () => (await own`select 1 from tenants where id = ${id} and state = 'active'`)[0], 20_000)
      await eventually(async () => (await listUnfinished()).length > 0, 1_000).catch(() => undefined)
      await server.killHard()
      await making.catch(() => undefined)
      hits += (await listUnfinished()).length
      running = await startServerProcess(env)
      await eventually(async () => {
        const { unfinished, spares } = await listDatabases(own)
        return unfinished.length === 0 && spares.length === 1
      }, 20_000)
      expect(await running.stop()).toBe(0)
    }
    expect((await listDatabases(own)).stores).toHaveLength(made)
  } finally {
    await running?.killHard()
    await own.end({ timeout: 5 })
    await database.drop()
  }
}, 90_000)
