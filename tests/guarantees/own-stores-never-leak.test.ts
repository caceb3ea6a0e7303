import { afterAll, beforeAll, expect, test } from 'bun:test'
import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { chatMessages, chatSessions, chunks, documents, tenantUsers } from '../../server/data/tenant.schema.ts'
import { findTenant } from '../../server/data/tenants.data.ts'
import { parseTenantId, parseUserId } from '../../server/platform/ids.ts'
import { type DedicatedTenant, inDatabase, makeDedicatedTenant } from '../support/dedicated.ts'
import { asOwner, withRightsOver } from '../support/owner-sql.ts'
import { makeSuperuser, makeTenant } from '../support/people.ts'
import { startApp, type TestApp } from '../support/start-app.ts'
import { insertRows, planRows, type StoreRows } from '../support/store-rows.ts'
import { rage, type Side } from '../support/transaction-storm.ts'

/** A database of its own does not replace the policies: even foreign rows in there stay unseen, and no store is mixed up with another. */

const transactions = process.env.FULL ? 100_000 : 3_000
const tables = [tenantUsers, chatSessions, chatMessages, documents, chunks]

let app: TestApp
let stores: DedicatedTenant[]
let sides: Side[]

beforeAll(async () => {
  app = await startApp({ env: { DATABASE_POOL_MAX: '4' } })
  const superuser = await makeSuperuser(app)
  stores = [await makeDedicatedTenant(app, superuser, 'alpha'), await makeDedicatedTenant(app, superuser, 'beta')]
  await makeTenant(app, superuser, 'gamma')
  const all = ['alpha', 'beta', 'gamma'].map((id) => planRows(id))
  // Every store holds the rows of all: what keeps them apart inside are the policies alone.
  for (const rows of all) {
    await asOwner(app, (owner) => insertRows(owner, rows))
    for (const { database_name } of stores) await inDatabase(app, database_name, (store) => insertRows(store, rows))
  }
  sides = []
  for (const rows of all) sides.push(await openSide(rows))
})
afterAll(() => app.stop())

async function openSide(rows: StoreRows): Promise<Side> {
  const [tenantId, userId] = [parseTenantId(rows.tenantId), parseUserId(rows.userId)]
  const tenant = tenantId && (await findTenant(app.services.core.db, tenantId))
  if (!tenant || !userId) throw new Error(`no tenant ${rows.tenantId}`)
  return { rows, tenantId: tenant.id, userId, scope: app.services.databases.scopeOf(tenant) }
}

/** What an owner sees of a store, be it the pooled one or a tenant's own. */
async function inEveryStore<T>(work: Parameters<typeof inDatabase<T>>[2]): Promise<T[]> {
  const names = [app.database.name, ...stores.map(({ database_name }) => database_name)]
  return Promise.all(names.map((name) => inDatabase(app, name, work)))
}

test('A3: in a tenant’s own database, too, a query without its filter gives and changes only rows of that tenant', async () => {
  for (const { scope, tenantId } of sides) {
    for (const table of tables) {
      const rows = await scope.read((database) => database.select({ tenantId: table.tenantId }).from(table))
      expect(rows.length).toBeGreaterThan(0)
      expect(rows.filter((row) => row.tenantId !== tenantId)).toEqual([])
    }
    await scope.write((database) => database.update(documents).set({ url: `https://${tenantId}.example` }))
  }
  const [mine, theirs] = sides
  if (!mine || !theirs) throw new Error('no sides')
  const refused = [
    mine.scope.write((database) => database.update(documents).set({ tenantId: theirs.tenantId })),
    mine.scope.write((database) =>
      database.insert(documents).values({ tenantId: theirs.tenantId, id: randomUUID(), title: 'planted' }),
    ),
  ]
  expect((await Promise.allSettled(refused)).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  const changed = await inEveryStore(
    (store) => store<{ tenant_id: string }[]>`select distinct tenant_id from tenant.documents where url is not null`,
  )
  expect(changed.map((rows) => rows.map((row) => row.tenant_id))).toEqual([['gamma'], ['alpha'], ['beta']])
})

test(`A5: ${transactions.toLocaleString('en')} interleaved transactions of two tenants with a database each and a pooled one, a tenth aborted midway: no leak, nothing left behind`, async () => {
  const storm = await rage(sides, { transactions })
  expect(storm.leaks).toEqual([])
  expect(storm.unexpected.slice(0, 5)).toEqual([])
  expect(storm.aborted).toBeGreaterThan(storm.transactions / 20)
  expect(storm.rowsSeen).toBeGreaterThan(storm.transactions)
  const left = await inEveryStore(async (store) => ({
    aborted: await store`select id from tenant.documents where title in ('aborted', 'planted', 'for a moment')`,
    mixed: await store`select id from tenant.chat_messages where position('canary-' || tenant_id in content) = 0`,
    open: await withRightsOver(
      store,
      { database: app.database.name, application: 'tenantry%' },
      () => store`select pid from pg_stat_activity
        where datname = current_database() and application_name like 'tenantry%' and state like 'idle in transaction%'`,
    ),
  }))
  expect(left.map((found) => Object.values(found).map((rows) => rows.length))).toEqual(left.map(() => [0, 0, 0]))
  const unsettled = await app.services.core.db.execute(sql`select id from usage_ledger where status <> 'completed'`)
  expect(unsettled).toHaveLength(0)
}, 600_000)
