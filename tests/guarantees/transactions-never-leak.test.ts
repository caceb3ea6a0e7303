import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import { chatMessages, chatSessions, chunks, documents, tenantUsers } from '../../server/data/tenant.schema.ts'
import { parseTenantId, parseUserId } from '../../server/platform/ids.ts'
import { asOwner, withRightsOver } from '../support/owner-sql.ts'
import { makeSuperuser, makeTenant } from '../support/people.ts'
import { startApp, type TestApp } from '../support/start-app.ts'
import { fillStore } from '../support/store-rows.ts'
import { makeTurn, Midway, rage, type Side } from '../support/transaction-storm.ts'

const isFull = process.env.FULL === '1'
const poolMax = 4

let app: TestApp
let sides: Side[]

beforeAll(async () => {
  app = await startApp({ env: { DATABASE_POOL_MAX: String(poolMax) } })
  const superuser = await makeSuperuser(app)
  sides = []
  for (const id of ['acme', 'beta', 'gamma']) {
    await makeTenant(app, superuser, id)
    const rows = await asOwner(app, (sql) => fillStore(sql, id))
    const tenantId = parseTenantId(id)!
    const scope = app.services.databases.scopeOf({ id: tenantId, isolation: 'pooled' })
    sides.push({ rows, tenantId, userId: parseUserId(rows.userId)!, scope })
  }
})
afterAll(() => app.stop())

test('A3: with the tenant filter left out of every query, each table still gives only the scope’s rows', async () => {
  for (const { scope, tenantId } of sides) {
    for (const table of [tenantUsers, chatSessions, chatMessages, documents, chunks]) {
      const rows = await scope.read((database) => database.select({ tenantId: table.tenantId }).from(table))
      expect(rows.length).toBeGreaterThan(0)
      expect(rows.filter((row) => row.tenantId !== tenantId)).toEqual([])
    }
  }
})

test('A3: without the filter no foreign row is changed, deleted, taken over or given away', async () => {
  const [mine, theirs] = sides as [Side, Side, Side]
  await mine.scope.write((database) => database.update(documents).set({ url: 'https://mine.example' }))
  await mine.scope.write((database) => database.delete(chatSessions))
  const refused = [
    mine.scope.write((database) => database.update(documents).set({ tenantId: theirs.tenantId })),
    mine.scope.write((database) =>
      database.insert(documents).values({ tenantId: theirs.tenantId, id: randomUUID(), title: 'planted' }),
    ),
    mine.scope.write((database) =>
      database.insert(chatSessions).values({
        tenantId: mine.tenantId,
        id: randomUUID(),
        userId: theirs.userId,
        title: 'of a foreign user',
      }),
    ),
  ]
  expect((await Promise.allSettled(refused)).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  const left = await asOwner(
    app,
    (sql) => sql`
      select tenant_id, count(*)::int as documents, count(url)::int as changed,
        (select count(*)::int from tenant.chat_sessions s where s.tenant_id = d.tenant_id) as sessions
      from tenant.documents d group by tenant_id order by tenant_id`,
  )
  expect(left.map((row) => ({ ...row }))).toEqual([
    { tenant_id: 'acme', documents: 5, changed: 5, sessions: 0 },
    { tenant_id: 'beta', documents: 5, changed: 0, sessions: 1 },
    { tenant_id: 'gamma', documents: 5, changed: 0, sessions: 1 },
  ])
  await asOwner(app, async (sql) => {
    await sql`insert into tenant.chat_sessions (tenant_id, id, user_id, title)
      values ('acme', ${mine.rows.sessionId}, ${mine.rows.userId}, ${mine.rows.canary})`
  })
})

test('A3: without a tenant, the runtime role sees and writes nothing', async () => {
  const { db } = app.services.core
  for (const table of [tenantUsers, chatSessions, chatMessages, documents, chunks]) {
    expect(await db.select().from(table)).toEqual([])
  }
  const planted = db.insert(documents).values({ tenantId: sides[0]!.tenantId, id: randomUUID(), title: 'planted' })
  expect(await planted.then(Boolean, () => 'refused')).toBe('refused')
  expect(await db.execute(sql`select * from tenant.search_chunks('whales', '{}', '{}', null, 100)`)).toBeEmpty()
})

/** The setting as every connection of both pools has it between two transactions. */
async function leftovers(): Promise<(string | null)[]> {
  const { runtime, hot } = app.services.core
  const taken = await Promise.all(Array.from({ length: poolMax }, (_, n) => runtime.take(`party ${n}`)))
  const pooled = await Promise.all(
    taken.map((connection): PromiseLike<{ left: string | null }[]> =>
      connection.send("select nullif(current_setting('app.tenant_id', true), '') as left"),
    ),
  )
  for (const connection of taken) connection.release()
  const hotRows: { left: string | null }[][] = await Promise.all(
    Array.from({ length: poolMax * 4 }, (_, n) =>
      hot.run(
        `party ${n}`,
        (sql) => sql`select nullif(current_setting('app.tenant_id', true), '') as left, pg_sleep(0.01)::text`,
      ),
    ),
  )
  return [...pooled, ...hotRows].flatMap((rows) => rows.map((row) => row.left))
}

test(
  `A5: ${isFull ? '100,000' : '10,000'} interleaved transactions over a pool of ${poolMax}, a tenth aborted midway: no leak, nothing left behind`,
  async () => {
    const storm = await rage(sides, { transactions: isFull ? 100_000 : 10_000 })
    expect(storm.leaks).toEqual([])
    expect(storm.unexpected.slice(0, 5)).toEqual([])
    expect(storm.aborted).toBeGreaterThan(storm.transactions / 20)
    expect(storm.rowsSeen).toBeGreaterThan(storm.transactions)
    expect((await leftovers()).filter((left) => left !== null)).toEqual([])

    const found = await asOwner(app, async (sql) => ({
      aborted: await sql`select id from tenant.documents where title in ('aborted', 'planted', 'for a moment')`,
      mixed: await sql`select id from tenant.chat_messages where position('canary-' || tenant_id in content) = 0`,
      open: await withRightsOver(
        sql,
        { database: app.database.name, application: 'tenantry%' },
        () => sql`select pid, query from pg_stat_activity
          where datname = current_database() and application_name like 'tenantry%' and state like 'idle in transaction%'`,
      ),
      counted: await sql`select count(*)::int as n from usage_ledger l join tenants t on t.id = l.tenant_id
        where l.status <> 'completed'`,
    }))
    expect(found.aborted.length).toBe(0)
    expect(found.mixed.length).toBe(0)
    expect(found.open.length).toBe(0)
    expect(found.counted[0]?.n).toBe(0)
  },
  isFull ? 600_000 : 60_000,
)

test('A5: with exactly 100 queries in flight on a connection, and around it, no transaction meets another tenant', async () => {
  const leaks: string[] = []
  // postgres.js sets a connection aside at 100 queries in flight; begin and the tenant are two of them.
  const inOneUnit = [96, 97, 98, 99, 100, 101, 102]
  for (const queries of inOneUnit) {
    for (const kind of ['read', 'write'] as const) {
      await Promise.allSettled(
        sides.flatMap(({ scope, tenantId }, index) =>
          [false, index === 0].map((fails) =>
            scope[kind](async (database) => {
              const answers = await Promise.all(
                Array.from({ length: queries }, () =>
                  database.select({ tenantId: documents.tenantId }).from(documents),
                ),
              )
              for (const row of answers.flat()) if (row.tenantId !== tenantId) leaks.push(`${queries} ${kind}`)
              if (fails) throw new Midway()
            }),
          ),
        ),
      )
    }
  }
  for (let round = 0; round < (isFull ? 50 : 5); round++) {
    await Promise.allSettled(
      Array.from({ length: 100 }, async (_, index) => {
        const { scope, tenantId } = sides[index % sides.length]!
        const rows = await scope.read(async (database) => {
          const found = await database.select().from(documents)
          if (index % 10 === 9) throw new Midway()
          return found
        })
        if (rows.length !== 5) leaks.push(`${rows.length} rows`)
        for (const row of rows) if (row.tenantId !== tenantId) leaks.push('100 at once')
      }),
    )
  }
  expect(leaks).toEqual([])
  expect((await leftovers()).filter((left) => left !== null)).toEqual([])
})

test('A5: a batch of turns of several tenants stores each with its own tenant only, also when one of them is bad', async () => {
  const turns = Array.from({ length: 60 }, (_, index) => {
    const { rows, userId, scope } = sides[index % sides.length]!
    return { scope, begun: makeTurn(rows.tenantId, userId, rows.sessionId, `${rows.canary} batch ${index}`) }
  })
  const bad = makeTurn('acme', sides[0]!.userId, sides[0]!.rows.sessionId, 'bad')
  bad.call.request_id = 'bad\u0000'
  const results = await Promise.allSettled([
    ...turns.map(({ scope, begun }) => scope.beginTurn(begun)),
    sides[0]!.scope.beginTurn(bad),
  ])
  expect(results.map((result) => (result.status === 'fulfilled' ? result.value : 'refused'))).toEqual([
    ...turns.map(() => true),
    'refused',
  ])
  const stored = await asOwner(
    app,
    (sql) => sql<{ tenant_id: string; content: string }[]>`
      select tenant_id, content from tenant.chat_messages where content like '% batch %' or content = 'bad'`,
  )
  expect(stored.length).toBe(60)
  expect(stored.filter((row) => !row.content.startsWith(`canary-${row.tenant_id} `))).toEqual([])
})

test('A5: work that throws before it asks anything leaves no transaction open on the connection of the next', async () => {
  const { core } = app.services
  const [mine] = sides as [Side]
  const fail = (): never => {
    throw new Error('thrown at once')
  }
  const units = [
    () => mine.scope.read(fail),
    () => mine.scope.write(fail),
    () => core.write(fail),
    () => core.snapshot(fail),
  ]
  for (const unit of units) {
    for (let time = 0; time < 3 * poolMax; time += 1) {
      const outcome: unknown = await unit().catch((error: unknown) => error)
      expect(String(outcome)).toContain('thrown at once')
    }
    const seen = await Promise.all(
      Array.from({ length: 3 * poolMax }, () =>
        core.db.execute<{ tenant: string | null; open: boolean }>(
          sql`select nullif(current_setting('app.tenant_id', true), '') as tenant,
            now() <> statement_timestamp() as open`,
        ),
      ),
    )
    expect(seen.flatMap((rows) => [...rows])).toEqual(seen.map(() => ({ tenant: null, open: false })))
  }
})
