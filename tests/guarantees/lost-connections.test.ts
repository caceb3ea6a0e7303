import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import { documents } from '../../server/data/tenant.schema.ts'
import type { TenantScope } from '../../server/data/tenant-scope.ts'
import { parseTenantId } from '../../server/platform/ids.ts'
import { asOwner, endSessions } from '../support/owner-sql.ts'
import { makeSuperuser, makeTenant } from '../support/people.ts'
import { startApp, type TestApp } from '../support/start-app.ts'
import { fillStore } from '../support/store-rows.ts'

const poolMax = 4
let app: TestApp
let acme: TenantScope
let beta: TenantScope

beforeAll(async () => {
  app = await startApp({ env: { DATABASE_POOL_MAX: String(poolMax) } })
  const superuser = await makeSuperuser(app)
  const scopes: TenantScope[] = []
  for (const id of ['acme', 'beta']) {
    await makeTenant(app, superuser, id)
    await asOwner(app, (sql) => fillStore(sql, id))
    scopes.push(app.services.databases.scopeOf({ id: parseTenantId(id)!, isolation: 'pooled' }))
  }
  ;[acme, beta] = scopes as [TenantScope, TenantScope]
})
afterAll(() => app.stop())

/** What the server's network, an operator or a failover does to connections. */
const killConnections = (): Promise<unknown> =>
  asOwner(app, (sql) => endSessions(sql, { database: app.database.name, application: 'tenantry' }))

const readTitles = (scope: TenantScope): Promise<string[]> =>
  scope.read(async (database) => (await database.select().from(documents)).map((row) => row.title))

/** Units that share a connection would follow each other; over connections of their own they meet. */
async function meet(units: number): Promise<void> {
  let here = 0
  const { promise: all, resolve: open } = Promise.withResolvers<void>()
  await Promise.all(
    // One tenant has half of the connections at most.
    Array.from({ length: units }, (_, n) =>
      (n % 2 === 0 ? acme : beta).read(async (database) => {
        await database.select().from(documents).limit(1)
        if (++here === units) open()
        await all
      }),
    ),
  )
}

test('A5: every connection of a pool serves units of work, also the ones that a unit opened', async () => {
  await meet(poolMax)
})

test('A5: when all connections were closed, the next units of work open new ones', async () => {
  for (let round = 0; round < 3; round++) {
    await killConnections()
    // The first statement on a connection that died unnoticed fails; nothing hangs and nothing stays broken.
    await Promise.allSettled(Array.from({ length: 20 }, () => readTitles(acme)))
    await meet(poolMax)
    expect(await readTitles(beta)).toHaveLength(5)
  }
})

test('A5: a unit whose connection was lost midway never goes on in another unit’s transaction', async () => {
  const { promise: killed, resolve: goOn } = Promise.withResolvers<void>()
  const started = Promise.withResolvers<void>()
  const seen: unknown[] = []
  const lost = acme.read(async (database) => {
    await database.select().from(documents)
    started.resolve()
    await killed
    seen.push(...(await database.select().from(documents)))
  })
  await started.promise
  await killConnections()
  const others = Promise.allSettled(
    Array.from({ length: poolMax * 4 }, () =>
      beta.read(async (database) => {
        await database.select().from(documents)
        goOn()
        await Bun.sleep(20)
        const rows = await database.select().from(documents)
        return rows.filter((row) => row.tenantId !== 'beta')
      }),
    ),
  )
  const refusal = await lost.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(refusal).toBeInstanceOf(Error)
  expect(seen).toEqual([])
  const results = await others
  expect(results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))).toEqual([])
})

test('A5: what a lost unit had not sent yet is not written by the connection that follows', async () => {
  const id = `lost-${randomUUID()}`
  for (let round = 0; round < 10; round++) {
    const unit = app.services.core.write(async (database) => {
      const insert = (n: number) =>
        database.execute(sql`insert into idempotency_keys (caller, key, request_hash, status, body)
          values (${`${id}-${round}`}, ${String(n)}, '', 200, '{}'::jsonb)`)
      // The first statement with parameters is described first: the ones behind it wait in the client.
      await Promise.all([
        database.execute(sql`select ${`${round}`}::text, pg_terminate_backend(pg_backend_pid())`),
        ...[1, 2, 3].map(insert),
      ])
    })
    expect(await unit.then(Boolean, () => 'refused')).toBe('refused')
  }
  await meet(poolMax)
  const left = await asOwner(app, (sql) => sql`select key from idempotency_keys where caller like ${`${id}%`}`)
  expect(left.length).toBe(0)
})

test('A5: a unit that failed does not write what its other branches had on their way', async () => {
  const id = `late-${randomUUID()}`
  for (let round = 0; round < 20; round++) {
    const unit = app.services.core.write(async (database) => {
      const insert = () =>
        database.execute(sql`insert into idempotency_keys (caller, key, request_hash, status, body)
          values (${id}, ${randomUUID()}, '', 200, '{}'::jsonb)`)
      const branch = async (): Promise<void> => {
        for (let n = 0; n < 5; n++) await insert()
      }
      await Promise.all([branch(), branch(), database.execute(sql`select 1 / 0`)])
    })
    expect(await unit.then(Boolean, () => 'refused')).toBe('refused')
  }
  await meet(poolMax)
  const left = await asOwner(app, (sql) => sql`select key from idempotency_keys where caller = ${id}`)
  expect(left.length).toBe(0)
})

test('A5: after a pool was closed, a unit is refused instead of waiting for ever', async () => {
  const other = await app.startReplica()
  const scope = other.services.databases.scopeOf({ id: parseTenantId('acme')!, isolation: 'pooled' })
  expect(await readTitles(scope)).toHaveLength(5)
  await other.stop()
  expect(await readTitles(scope).then(Boolean, () => 'refused')).toBe('refused')
})
