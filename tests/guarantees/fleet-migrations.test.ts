import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import type postgres from 'postgres'
import { migrateFleet } from '../../server/data/migrate-fleet.ts'
import { storeMigrations } from '../../server/data/migrate.ts'
import { call } from '../support/call.ts'
import { inDatabase, makeDedicatedTenant } from '../support/dedicated.ts'
import { makeSuperuser, type Person } from '../support/people.ts'
import { eventually, openOwner } from '../support/scenario.ts'
import { startApp, type TestApp } from '../support/start-app.ts'

/** Every dedicated store is migrated by itself: recorded, resumable, and one that fails stops nobody else. */

const fleetSize = process.env.FULL ? 200 : 12
const poisoned = ['t-2', 't-5', 't-9']

let app: TestApp
let superuser: Person
let sql: postgres.Sql
const { version } = storeMigrations()

beforeAll(async () => {
  app = await startApp()
  superuser = await makeSuperuser(app)
  sql = openOwner(app)
  const ids = Array.from({ length: fleetSize }, (_, n) => `t-${n}`)
  const work = async (): Promise<void> => {
    for (let id = ids.shift(); id; id = ids.shift()) await makeDedicatedTenant(app, superuser, id)
  }
  await Promise.all([work(), work()])
}, 120_000)
afterAll(async () => {
  await sql.end({ timeout: 5 })
  await app.stop()
}, 120_000)

const run = (retryFailed = true) => migrateFleet({ ...app.services, db: app.services.core.db, retryFailed })

/** Takes stores back to before their first migration. In a poisoned one something is in the way of it. */
async function takeBack(ids: string[], poison: string[] = []): Promise<void> {
  for (const id of ids) {
    const [row] = await sql<{ database_name: string }[]>`select database_name from tenants where id = ${id}`
    await inDatabase(app, row?.database_name ?? '', async (store) => {
      await store`drop schema tenant cascade`
      await store`drop schema drizzle cascade`
      if (poison.includes(id)) await store`create schema tenant`
    })
  }
  await sql`update tenants set store_version = 0 where id in ${sql(ids)}`
  await sql`delete from tenant_migrations where tenant_id in ${sql(ids)}`
}

const sessionsOf = (tenant: string) => call(app, `GET /admin/tenants/${tenant}/sessions`, { token: superuser.token })

test(`of ${fleetSize} stores three cannot be migrated: their state says so, the others serve, and a rerun does only what is left`, async () => {
  const ids = (await sql<{ id: string }[]>`select id from tenants`).map(({ id }) => id)
  await takeBack(ids, poisoned)
  // A store that is behind is not served by code that expects more of it.
  await eventually(async () => (await sessionsOf('t-1')).status === 503)
  expect((await sessionsOf('t-1')).body.code).toBe('tenant.database_unavailable')

  const startedMs = performance.now()
  const first = await run()
  const ms = Math.round(performance.now() - startedMs)
  expect(first.failed.toSorted()).toEqual(poisoned as never)
  expect(first.applied).toHaveLength(fleetSize - poisoned.length)
  console.log(`${fleetSize} stores migrated in ${ms} ms`)
  const failed = await sql`select t.id, t.state, t.failure, m.state as outcome, m.error, m.version
    from tenants t join tenant_migrations m on m.tenant_id = t.id where m.state = 'failed' order by t.id`
  expect(failed.map((row) => [row.id, row.state, row.version])).toEqual(poisoned.map((id) => [id, 'failed', version]))
  expect(failed.every((row) => String(row.error).includes('already exists') && row.failure)).toBe(true)
  await eventually(async () => (await sessionsOf('t-1')).status === 200)

  // Each minute's round leaves failed ones alone; the next start, or `db:migrate`, tries them again.
  expect(await run(false)).toEqual({ applied: [], failed: [], waiting: [] })
  for (const id of poisoned.slice(0, 2)) {
    const [row] = await sql<{ database_name: string }[]>`select database_name from tenants where id = ${id}`
    await inDatabase(app, row?.database_name ?? '', (store) => store`drop schema tenant cascade`)
  }
  const second = await run()
  expect(second.applied.toSorted()).toEqual(poisoned.slice(0, 2) as never)
  expect(second.failed).toEqual(poisoned.slice(2) as never)
  const [mended] = await sql`select state, failure, store_version from tenants where id = ${poisoned[0] ?? ''}`
  expect(mended).toMatchObject({ state: 'active', failure: null, store_version: version })
}, 60_000)

test('a store whose migrations are not those of the files is refused by their hash', async () => {
  const [row] = await sql<{ database_name: string }[]>`select database_name from tenants where id = 't-1'`
  await inDatabase(
    app,
    row?.database_name ?? '',
    (store) => store`update drizzle.tenant_migrations set hash = 'edited' where id = 1`,
  )
  await sql`update tenants set store_version = 0 where id = 't-1'`
  expect((await run()).failed).toContain('t-1' as never)
  const [tenant] = await sql<{ failure: string }[]>`select failure from tenants where id = 't-1'`
  expect(tenant?.failure).toContain('Restore the file')
})

test('four replicas that migrate the same stores at once do each exactly once', async () => {
  const ids = ['t-3', 't-4', 't-6', 't-7']
  await takeBack(ids)
  const outcomes = await Promise.all([run(false), run(false), run(false), run(false)])
  expect(outcomes.flatMap(({ failed, waiting }) => [...failed, ...waiting])).toEqual([])
  for (const id of ids) {
    const [row] = await sql<{ database_name: string }[]>`select database_name from tenants where id = ${id}`
    const rows = await inDatabase(
      app,
      row?.database_name ?? '',
      (store) => store`select 1 from drizzle.tenant_migrations`,
    )
    expect(rows).toHaveLength(version)
    await eventually(async () => (await sessionsOf(id)).status === 200)
  }
}, 60_000)

test('`bun run db:migrate` brings core and stores up to date, and ends with 1 when one is left behind', async () => {
  await takeBack(['t-8'])
  const migrate = async () => {
    const child = Bun.spawn([process.execPath, 'server/commands/migrate.ts'], {
      cwd: join(import.meta.dir, '../..'),
      env: { PATH: process.env.PATH ?? '', DATABASE_URL: app.database.ownerUrl },
      stdout: 'pipe',
      stderr: 'pipe',
    })
    return { out: await new Response(child.stdout).text(), code: await child.exited }
  }
  const first = await migrate()
  expect(first.out).toContain('Migrated the databases of 1 tenants.')
  // One is poisoned and one was edited, in the tests above.
  expect(first.code).toBe(1)
  await eventually(async () => (await sessionsOf('t-8')).status === 200)
}, 30_000)
