import { afterEach, describe, expect, test } from 'bun:test'
import postgres from 'postgres'
import { migrateCore } from '../../server/data/migrate.ts'
import { call } from '../support/call.ts'
import { createOwnerRole, type TestDatabase } from '../support/databases.ts'
import { inDatabase, makeDedicatedTenant } from '../support/dedicated.ts'
import { asOwner } from '../support/owner-sql.ts'
import { makeSuperuser, makeTenant, makeUser, type Person } from '../support/people.ts'
import { ask, eventually } from '../support/scenario.ts'
import { startApp, type TestApp } from '../support/start-app.ts'
import { fillStore } from '../support/store-rows.ts'
import { getTestServerUrl, startTestServer } from '../support/test-server.ts'

/** The main job needs no superuser of PostgreSQL: NOSUPERUSER CREATEDB CREATEROLE is enough, or roles of the operator's. */

let database: TestDatabase | undefined
let app: TestApp | undefined

afterEach(async () => {
  await app?.stop()
  await database?.drop()
  app = undefined
  database = undefined
})

async function doTheMainJob(app: TestApp): Promise<void> {
  const superuser = await makeSuperuser(app)
  await onboardAndPurge(app, superuser, { system_prompt: 'You speak for Acme.' })
}

async function onboardAndPurge(app: TestApp, superuser: Person, settings: Record<string, unknown>): Promise<void> {
  await makeTenant(app, superuser, 'acme', settings)
  const user = await makeUser(app, superuser, { tenant: 'acme' })
  const { events, data } = await ask(app, { token: user.token, message: 'Hello?' })
  expect(events.at(-1)?.event).toBe('done')
  const again = await call(app, 'POST /chat', {
    token: user.token,
    body: { message: 'And again?', session_id: data('start').session_id },
  })
  expect(again.status).toBe(200)
  const usage = await call(app, 'GET /admin/tenants/acme/usage', { token: superuser.token })
  expect(usage.body.items[0]).toMatchObject({ requests: 2, failed: 0 })
  expect(await app.services.ledger.settleExpired()).toHaveLength(0)
  const headers = { 'x-confirm': 'acme' }
  const purged = await call(app, 'DELETE /admin/tenants/acme?purge=true', { token: superuser.token, headers })
  expect(purged.body.deleted).toMatchObject({ chat_messages: 4, chat_sessions: 1, tenant_users: 1 })
}

/** Databases and roles that are there for tenants. */
async function listStores(app: TestApp): Promise<string[]> {
  const rows = await app.services.core.db.execute<{ name: string }>(`
    select datname as name from pg_database where shobj_description(oid, 'pg_database') ~ '^tenantry:${app.services.core.installationId}:[0-9]+$'
    union all select database_role from tenants where database_role in (select rolname from pg_roles)`)
  return rows.map((row) => row.name)
}

async function roleOf(app: TestApp): Promise<Record<string, unknown> | undefined> {
  const rows = await app.services.core.db.execute(
    `select current_user as name, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole from pg_roles where rolname = current_user`,
  )
  return rows[0]
}
const weak = { rolsuper: false, rolbypassrls: false, rolcreatedb: false, rolcreaterole: false }

/** A server of its own, where nothing of ours is yet, with such an owner. */
async function startWeakCluster(
  settings: Record<string, string> = {},
): Promise<{ database: TestDatabase; superuserUrl: string; stop(): Promise<void> }> {
  const server = await startTestServer(settings)
  const admin = postgres(server.url, { max: 1, onnotice: () => undefined })
  await admin`create role weak login nosuperuser createdb createrole password 'weak'`
  await admin`create database weak owner weak`
  await admin.end()
  const ownerUrl = new URL(server.url)
  Object.assign(ownerUrl, { username: 'weak', password: 'weak', pathname: '/weak' })
  return {
    database: { ownerUrl: ownerUrl.toString(), name: 'weak', drop: () => Promise.resolve() },
    superuserUrl: server.url,
    stop: () => server.stop(),
  }
}

describe('an owner that is NOSUPERUSER CREATEDB CREATEROLE', () => {
  test('on a cluster where nothing of ours is yet, it makes even the group role by itself', async () => {
    const cluster = await startWeakCluster()
    const own = await startApp({ database: cluster.database, migrate: true })
    await doTheMainJob(own)
    expect(await roleOf(own)).toMatchObject(weak)
    await own.stop()
    await cluster.stop()
  })

  test('purges a tenant while autovacuum is at work in its database, which such an owner may not end', async () => {
    const cluster = await startWeakCluster({ autovacuum_naptime: '1s' })
    const own = await startApp({ database: cluster.database, migrate: true })
    const superuser = await makeSuperuser(own)
    const { database_name: name } = await makeDedicatedTenant(own, superuser, 'acme')
    await inDatabase(own, name, async (sql) => {
      await fillStore(sql, 'acme', 1)
      await sql`insert into tenant.documents (tenant_id, id, title)
        select 'acme', gen_random_uuid(), repeat('x', 100) from generate_series(1, 5000)`
      // A page at a time, with a rest after each: it is still at work when the purge comes.
      await sql`alter table tenant.documents set (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1,
        autovacuum_vacuum_insert_threshold = 0, autovacuum_vacuum_insert_scale_factor = 0)`
    })
    const isVacuumed = (): Promise<boolean> =>
      asOwner(
        own,
        async (sql) =>
          (await sql`select from pg_stat_activity where datname = ${name} and usesysid is null`).length > 0,
      )
    await eventually(isVacuumed, 30_000)
    const headers = { 'x-confirm': 'acme' }
    const purged = await call(own, 'DELETE /admin/tenants/acme?purge=true', { token: superuser.token, headers })
    expect([purged.status, await listStores(own)]).toEqual([200, []])
    await own.stop()
    await cluster.stop()
  })

  test('says so when somebody whom it may not send away is connected to the database of a tenant that is purged', async () => {
    const cluster = await startWeakCluster()
    const own = await startApp({ database: cluster.database, migrate: true })
    const superuser = await makeSuperuser(own)
    const { database_name: name } = await makeDedicatedTenant(own, superuser, 'acme')
    const url = new URL(cluster.superuserUrl)
    url.pathname = `/${name}`
    const pooler = postgres(url.toString(), { max: 1, onnotice: () => undefined })
    await pooler`select 1`
    const purge = () =>
      call(own, 'DELETE /admin/tenants/acme?purge=true', {
        token: superuser.token,
        headers: { 'x-confirm': 'acme' },
      })
    const refused = await purge()
    expect([refused.status, refused.body.code]).toEqual([409, 'tenant.database_in_use'])
    await pooler.end()
    expect([(await purge()).status, await listStores(own)]).toEqual([200, []])
    await own.stop()
    await cluster.stop()
  }, 30_000)

  test('migrates, makes the runtime role, and the main job works; requests run as that weak role', async () => {
    database = await createOwnerRole()
    app = await startApp({ database, migrate: true })
    await doTheMainJob(app)
    const role = await roleOf(app)
    expect(role).toMatchObject(weak)
    expect(role?.name).not.toBe(new URL(database.ownerUrl).username)
    // Migrating once more and starting a replica finds everything done.
    expect(await migrateCore(database.ownerUrl)).toEqual([])
    const replica = await app.startReplica()
    expect((await call(replica, 'GET /health/ready')).status).toBe(200)
    await replica.stop()
  })

  test('gives a tenant a database and a role of its own, ends their sessions and destroys both', async () => {
    database = await createOwnerRole()
    app = await startApp({ database, migrate: true })
    const superuser = await makeSuperuser(app)
    await makeTenant(app, superuser, 'other', { isolation: 'dedicated' })
    expect(await listStores(app)).toHaveLength(2)
    await onboardAndPurge(app, superuser, { isolation: 'dedicated' })
    expect(await listStores(app)).toHaveLength(2)
  })

  test('without CREATEDB or CREATEROLE answers 409 tenant.dedicated_unavailable, and nothing is left of the try', async () => {
    database = await createOwnerRole()
    app = await startApp({ database, migrate: true })
    const superuser = await makeSuperuser(app)
    const admin = postgres(await getTestServerUrl(), { max: 1 })
    await admin.unsafe(`alter role ${database.name} nocreatedb`)
    const body = { id: 'dedicated', name: 'X', isolation: 'dedicated' }
    const refused = await call(app, 'POST /admin/tenants', { token: superuser.token, body })
    expect([refused.status, refused.body.code]).toEqual([409, 'tenant.dedicated_unavailable'])
    expect((await call(app, 'GET /admin/tenants/dedicated', { token: superuser.token })).status).toBe(404)
    // Once the right is granted, it is found without a restart.
    await admin.unsafe(`alter role ${database.name} createdb`)
    await admin.end()
    expect((await call(app, 'POST /admin/tenants', { token: superuser.token, body })).status).toBe(201)
    expect(await listStores(app)).toHaveLength(2)
  })

  test('sees its tenants’ rows itself: forced row-level security does not blind it', async () => {
    database = await createOwnerRole()
    app = await startApp({ database, migrate: true })
    const superuser = await makeSuperuser(app)
    await makeTenant(app, superuser, 'acme')
    await makeUser(app, superuser, { tenant: 'acme' })
    const owner = postgres(database.ownerUrl, { max: 1 })
    expect(await owner`select 1 from tenant.tenant_users`).toHaveLength(1)
    await owner.end()
  })
})

describe('DATABASE_RUNTIME_URL', () => {
  test('a runtime role of the operator’s is used as it is; none is made, and the main job works', async () => {
    database = await createOwnerRole()
    await migrateCore(database.ownerUrl)
    const name = `${database.name}_runtime`
    const runtimeUrl = new URL(database.ownerUrl)
    runtimeUrl.username = name
    runtimeUrl.password = 'runtime-password'
    const owner = postgres(database.ownerUrl, { max: 1, onnotice: () => undefined })
    await owner.unsafe(`create role ${name} login nosuperuser nobypassrls password 'runtime-password'`)
    await owner.unsafe(`grant tenantry_runtime to ${name}`)
    await owner.unsafe(`grant connect on database ${database.name} to ${name}`)
    app = await startApp({ database, env: { DATABASE_RUNTIME_URL: runtimeUrl.toString() } })
    await doTheMainJob(app)
    expect(await roleOf(app)).toMatchObject({ ...weak, name })
    const [installation] = await owner`select runtime_role, runtime_password from installation`
    expect(installation).toMatchObject({ runtime_role: null, runtime_password: null })
    await app.stop()
    app = undefined
    await owner.unsafe(`revoke connect on database ${database.name} from ${name}`)
    await owner.unsafe(`drop role ${name}`)
    await owner.end()
  })

  test('a runtime role that could see every tenant is refused at start', async () => {
    database = await createOwnerRole()
    await migrateCore(database.ownerUrl)
    const env = { DATABASE_RUNTIME_URL: database.ownerUrl }
    const failure: unknown = await startApp({ database, env }).then(
      (started) => started.stop().then(() => 'started'),
      (error: unknown) => error,
    )
    expect(failure).toBeInstanceOf(Error)
  })
})
