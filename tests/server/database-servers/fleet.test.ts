import { afterAll, beforeAll, expect, test } from 'bun:test'
import { storeMigrations } from '../../../server/data/migrate.ts'
import { reconcileStores } from '../../../server/data/reconcile-stores.ts'
import { call } from '../../support/call.ts'
import { inDatabase, makeDedicatedTenant } from '../../support/dedicated.ts'
import { makeSuperuser, makeUser, type Person } from '../../support/people.ts'
import { eventually, openOwner } from '../../support/scenario.ts'
import { startApp, type TestApp } from '../../support/start-app.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

/** The System page tells of every dedicated database: migrations, servers, what was set aside, moves. */

let app: TestApp
let superuser: Person
let sql: ReturnType<typeof openOwner>
let second: TestServer
let secondId: string
const { version } = storeMigrations()

beforeAll(async () => {
  ;[app, second] = await Promise.all([startApp(), startTestServer()])
  superuser = await makeSuperuser(app)
  sql = openOwner(app)
  const made = await api('POST /admin/database-servers', { name: 'second', address: second.url })
  secondId = made.body.id
  await makeDedicatedTenant(app, superuser, 'here', { database_server_id: await builtInId() })
  await makeDedicatedTenant(app, superuser, 'there', { database_server_id: secondId })
}, 60_000)
afterAll(async () => {
  await sql.end({ timeout: 5 })
  await app.stop()
  await second.stop()
})

const api = (route: string, body?: unknown) => call(app, route, { token: superuser.token, body })
const readFleet = async () => (await api('GET /admin/system/fleet')).body

async function builtInId(): Promise<string> {
  const [row] = await sql<{ id: string }[]>`select id from database_servers where is_built_in`
  return row?.id ?? ''
}

test('tells of each server whether it answers, its template, and how connections to it are used', async () => {
  const fleet = await readFleet()
  expect(fleet.servers.map((server: { name: string }) => server.name)).toEqual([expect.any(String), 'second'])
  for (const server of fleet.servers) {
    expect(server).toMatchObject({
      status: 'healthy',
      version: expect.stringMatching(/^1[5-9]\b/),
      template_version: version,
      tenants: 1,
      set_aside: [],
      connections: { open: expect.any(Number), max: expect.any(Number) },
    })
  }
  expect(fleet.migrations).toEqual({
    version,
    tenants: 2,
    behind: 0,
    versions: [{ version, tenants: 2 }],
    failed: [],
  })
  expect([fleet.moves, fleet.kept]).toEqual([[], []])
})

test('a store that cannot be migrated stands there with its reason until a retry mends it; rows are never quoted', async () => {
  const [row] = await sql<{ database_name: string }[]>`select database_name from tenants where id = 'here'`
  const store = row?.database_name ?? ''
  await inDatabase(app, store, async (own) => {
    await own`drop schema tenant cascade`
    await own`drop schema drizzle cascade`
    await own`create schema tenant`
  })
  await sql`update tenants set store_version = 0 where id = 'here'`
  // A run over the fleet takes up all that are behind; so does every start.
  expect((await api('POST /admin/system/fleet/retry')).status).toBe(200)
  const fleet = await readFleet()
  expect(fleet.migrations).toMatchObject({ tenants: 2, behind: 1 })
  expect(fleet.migrations.failed).toEqual([
    {
      tenant_id: 'here',
      name: 'Tenant here',
      version: 0,
      failure: expect.stringContaining('SQLSTATE 42P06'),
      error: expect.stringContaining('already exists'),
      at: expect.any(String),
    },
  ])
  // A sentence about data, which quotes it.
  await inDatabase(app, store, async (own) => {
    await own`drop schema tenant`
    await own`drop schema if exists drizzle cascade`
    await own`create schema drizzle`
    await own`create table drizzle.tenant_migrations (id serial, hash int, created_at bigint)`
  })
  const quoting = await api('POST /admin/system/fleet/retry')
  expect(quoting.body.migrations.failed[0].error).toBe('SQLSTATE 22P02; the log tells more.')
  await inDatabase(app, store, (own) => own`drop schema drizzle cascade`)
  const mended = await api('POST /admin/system/fleet/retry')
  expect([mended.status, mended.body.migrations.behind, mended.body.migrations.failed]).toEqual([200, 0, []])
  await eventually(async () => (await api('GET /admin/tenants/here/sessions')).status === 200)
  const audited = await sql`select before from audit_log where action = 'fleet.migrations_retried' order by at`
  expect(audited.map((entry) => entry.before)).toEqual([{ failed: [] }, { failed: ['here'] }, { failed: ['here'] }])
}, 30_000)

test('a database without a tenant that holds rows is told with its size', async () => {
  const tenant = await makeDedicatedTenant(app, superuser, 'lost', { database_server_id: secondId })
  await makeUser(app, superuser, { tenant: 'lost' })
  await sql`delete from tenants where id = 'lost'`
  await reconcileStores(app.services)
  const [, server] = (await readFleet()).servers
  expect(server.set_aside).toEqual([
    {
      database_name: expect.stringMatching(/^tenantry_orphan_/),
      tenant_number: tenant.number,
      bytes: expect.any(Number),
    },
  ])
  expect(server.set_aside[0].bytes).toBeGreaterThan(1_000_000)
})

test('a move stands there while it runs, and what was left is told afterwards', async () => {
  const hold = openOwner(app)
  const [row] = await sql<{ number: number }[]>`select number from tenants where id = 'here'`
  // Whoever works on the tenant's store: the move waits for it.
  await hold`select pg_advisory_lock(723641053, hashtext(${String(row?.number)}))`
  expect((await api('POST /admin/tenants/here/move', { isolation: 'pooled' })).status).toBe(202)
  expect((await readFleet()).moves).toEqual([
    expect.objectContaining({
      tenant_id: 'here',
      tenant_name: 'Tenant here',
      step: 'preparing',
      target: { isolation: 'pooled', database_server_id: null },
    }),
  ])
  await hold.end()
  await eventually(async () => (await readFleet()).moves.length === 0)
  const fleet = await readFleet()
  expect(fleet.migrations.tenants).toBe(1)
  expect(fleet.kept).toEqual([
    expect.objectContaining({ tenant_id: 'here', database_server_id: await builtInId(), until: expect.any(String) }),
  ])
}, 30_000)

test('a server that is down is told as such within seconds, and the rest is there', async () => {
  await second.stop()
  const startedMs = performance.now()
  const fleet = await readFleet()
  expect(performance.now() - startedMs).toBeLessThan(6_000)
  expect(fleet.servers.map((server: { status: string }) => server.status)).toEqual(['healthy', 'unhealthy'])
  expect(fleet.servers[1]).toMatchObject({ version: null, latency_ms: null, tenants: 1, set_aside: [] })
}, 20_000)

test('is for superusers alone', async () => {
  const owner = await makeUser(app, superuser, { is_owner: true })
  for (const route of ['GET /admin/system/fleet', 'POST /admin/system/fleet/retry']) {
    expect((await call(app, route, { token: owner.token })).status).toBe(403)
  }
})
