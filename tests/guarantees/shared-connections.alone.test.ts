import { afterAll, beforeAll, expect, test } from 'bun:test'
import postgres from 'postgres'
import { call } from '../support/call.ts'
import { type DedicatedTenant, inDatabase, makeDedicatedTenant } from '../support/dedicated.ts'
import { endSessions } from '../support/owner-sql.ts'
import { makeSuperuser, type Person } from '../support/people.ts'
import { startApp, type TestApp } from '../support/start-app.ts'
import { fillStore } from '../support/store-rows.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'

/** More dedicated tenants than the database server has connections. */

const { connectionsMax, tenantsCount, requests, workers } = process.env.FULL
  ? { connectionsMax: 100, tenantsCount: 200, requests: 20_000, workers: 64 }
  : { connectionsMax: 40, tenantsCount: 20, requests: 1_500, workers: 32 }

let server: TestServer
let app: TestApp
let superuser: Person
let sql: postgres.Sql
const tenants: DedicatedTenant[] = []

beforeAll(async () => {
  server = await startTestServer({ max_connections: String(connectionsMax) })
  const admin = postgres(server.url, { max: 1, onnotice: () => undefined })
  await admin`create database core`
  await admin.end()
  const ownerUrl = new URL(server.url)
  ownerUrl.pathname = '/core'
  app = await startApp({
    database: { ownerUrl: ownerUrl.toString(), name: 'core', drop: () => Promise.resolve() },
    migrate: true,
  })
  superuser = await makeSuperuser(app)
  sql = postgres(ownerUrl.toString(), { max: 1, onnotice: () => undefined })
  for (let n = 0; n < tenantsCount; n++) {
    const tenant = await makeDedicatedTenant(app, superuser, `t-${n}`)
    await inDatabase(app, tenant.database_name, (store) => fillStore(store, tenant.id, 1))
    tenants.push(tenant)
  }
}, 180_000)
afterAll(async () => {
  await sql.end({ timeout: 5 })
  await app.stop()
  await server.stop()
}, 30_000)

interface Tally {
  right: number
  busy: number
  wrong: string[]
}

/** Asks for the users of tenants; every answer must be that tenant's, or a 503 that says what it is. */
async function load(options: { count: number; pick: () => DedicatedTenant }): Promise<Tally> {
  const tally: Tally = { right: 0, busy: 0, wrong: [] }
  let left = options.count
  const work = async (): Promise<void> => {
    while (left-- > 0) {
      const { id } = options.pick()
      const reply = await call(app, `GET /admin/tenants/${id}/users`, { token: superuser.token })
      const canaries = [...reply.text.matchAll(/canary-t-\d+/g)].map(([canary]) => canary)
      const isRight = reply.status === 200 && canaries.length > 0 && canaries.every((found) => found === `canary-${id}`)
      const isTyped = reply.status === 503 && reply.headers.has('retry-after') && reply.body.code === 'server.busy'
      if (isRight) tally.right++
      else if (isTyped) tally.busy++
      else tally.wrong.push(`${id}: ${reply.status} ${reply.text.slice(0, 200)}`)
    }
  }
  await Promise.all(Array.from({ length: workers }, work))
  return tally
}

/** Zipf with exponent 1: the first tenant is asked twice as often as the second, and so on. */
function pickZipf(): DedicatedTenant {
  const total = tenants.reduce((sum, _, rank) => sum + 1 / (rank + 1), 0)
  let left = Math.random() * total
  for (const [rank, tenant] of tenants.entries()) {
    left -= 1 / (rank + 1)
    if (left <= 0) return tenant
  }
  return tenants.at(-1) as DedicatedTenant
}

function figuresOf(base: TestApp) {
  const [figures] = base.services.databases.figures().values()
  if (!figures) throw new Error('no dedicated store was opened')
  return figures
}

test(`${tenantsCount} dedicated tenants on a server with max_connections ${connectionsMax}, under a Zipf load: every answer is right or a typed 503`, async () => {
  await app.services.databases.rebalance()
  const peaks = { stores: 0, all: 0 }
  const look = async (): Promise<void> => {
    const [seen] = await sql<{ stores: number; all: number }[]>`
      select count(*) filter (where application_name = 'tenantry store')::int as stores, count(*)::int as all
      from pg_stat_activity where backend_type = 'client backend'`
    peaks.stores = Math.max(peaks.stores, seen?.stores ?? 0)
    peaks.all = Math.max(peaks.all, seen?.all ?? 0)
  }
  const watching = setInterval(() => void look(), 20)
  const startedMs = performance.now()
  const tally = await load({ count: requests, pick: pickZipf })
  clearInterval(watching)
  const seconds = (performance.now() - startedMs) / 1000
  const figures = figuresOf(app)
  console.log({ ...tally, perSecond: Math.round(requests / seconds), peaks, figures })
  expect(tally.wrong).toEqual([])
  expect(tally.right).toBeGreaterThan(requests * 0.9)
  expect(figures.max).toBeLessThan(tenantsCount)
  expect(figures.open).toBeLessThanOrEqual(figures.max)
  // One that is closing may still be seen beside the one that takes its place.
  expect(peaks.stores).toBeLessThanOrEqual(figures.max + 4)
  expect(figures.evicted).toBeGreaterThan(0)
  expect(figures.hits).toBeGreaterThan(0)
}, 180_000)

test('D2: one tenant’s database is down: the others have no error, and it serves again when it is back', async () => {
  const [down, ...others] = tenants
  if (!down) throw new Error('no tenants')
  await sql`alter database ${sql(down.database_name)} allow_connections false`
  await endSessions(sql, { database: down.database_name })
  const loaded = new AbortController()
  const knocking = (async () => {
    const codes = new Set<string>()
    while (!loaded.signal.aborted) {
      const reply = await call(app, `GET /admin/tenants/${down.id}/users`, { token: superuser.token })
      codes.add(`${reply.status} ${reply.body.code}`)
    }
    return [...codes]
  })()
  const few = others.slice(0, 5)
  const tally = await load({ count: requests / 5, pick: () => few[Math.floor(Math.random() * few.length)] ?? down })
  loaded.abort()
  // A connection that was cut off in the middle of a statement says so in the database's words.
  expect(['503 tenant.database_unavailable', '503 server.unavailable']).toEqual(expect.arrayContaining(await knocking))
  expect(tally).toMatchObject({ right: requests / 5, busy: 0, wrong: [] })
  await sql`alter database ${sql(down.database_name)} allow_connections true`
  await Bun.sleep(600)
  expect((await call(app, `GET /admin/tenants/${down.id}/users`, { token: superuser.token })).status).toBe(200)
}, 60_000)

test('all replicas share the server: with a second one the first has about half', async () => {
  const before = figuresOf(app).max
  const replica = await app.startReplica()
  await app.services.databases.rebalance()
  expect(figuresOf(app).max).toBeLessThan(before)
  await replica.stop()
  await app.services.databases.rebalance()
  expect(figuresOf(app).max).toBe(before)
}, 30_000)
