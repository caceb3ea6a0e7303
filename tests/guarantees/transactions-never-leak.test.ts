import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import type { Database } from '../../server/data/postgres.ts'
import type { BegunTurn, TenantScope } from '../../server/data/tenant-scope.ts'
import { chatMessages, chatSessions, chunks, documents, tenantUsers } from '../../server/data/tenant.schema.ts'
import { parseTenantId, parseUserId, type TenantId, type UserId } from '../../server/platform/ids.ts'
import { asOwner, withRightsOver } from '../support/owner-sql.ts'
import { makeSuperuser, makeTenant } from '../support/people.ts'
import { startApp, type TestApp } from '../support/start-app.ts'
import { fillStore, type StoreRows } from '../support/store-rows.ts'

const isFull = process.env.FULL === '1'
const poolMax = 4
const atOnce = 100

interface Side {
  rows: StoreRows
  tenantId: TenantId
  userId: UserId
  scope: TenantScope
}

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
  expect(await db.execute(sql`select * from tenant.search_chunks('whales', 100)`)).toBeEmpty()
})

/** What happened in a storm of transactions. */
interface Storm {
  transactions: number
  aborted: number
  rowsSeen: number
  leaks: string[]
  unexpected: string[]
}

class Midway extends Error {}

const steps: Record<string, (side: Side, other: Side, storm: Storm) => Promise<void>> = {
  async readEverything({ scope, tenantId }, _, storm) {
    const [docs, messages, setting] = await scope.read((database) =>
      Promise.all([database.select().from(documents), database.select().from(chatMessages).limit(50), tell(database)]),
    )
    storm.rowsSeen += docs.length + messages.length
    if (docs.length === 0 || setting !== tenantId) storm.unexpected.push(`read ${docs.length} rows as ${setting}`)
    for (const row of [...docs, ...messages]) if (row.tenantId !== tenantId) storm.leaks.push(JSON.stringify(row))
  },
  async writeAndTakeBack({ scope, tenantId }, _, storm) {
    const id = randomUUID()
    const seen = await scope.write(async (database) => {
      await database.insert(documents).values({ tenantId, id, title: 'for a moment' })
      const rows = await database.select().from(documents)
      await database.delete(documents).where(sql`id = ${id}`)
      return rows
    })
    storm.rowsSeen += seen.length
    for (const row of seen) if (row.tenantId !== tenantId) storm.leaks.push(JSON.stringify(row))
    if (!seen.some((row) => row.id === id)) storm.unexpected.push('an own row was not seen')
  },
  async findUser({ scope, userId, rows }, other, storm) {
    const [own, foreign] = await Promise.all([scope.findUser(userId), scope.findUser(other.userId)])
    storm.rowsSeen += 1
    if (own?.fullName !== rows.canary) storm.unexpected.push(`user ${own?.fullName}`)
    if (foreign) storm.leaks.push(`user ${foreign.email}`)
  },
  async findHistory({ scope, userId, rows }, other, storm) {
    const ask = (sessionId: string, asker: UserId) => scope.findHistory({ userId: asker, sessionId, messagesMax: 20 })
    const [own, foreign, both] = await Promise.all([
      ask(rows.sessionId, userId),
      ask(other.rows.sessionId, userId),
      ask(other.rows.sessionId, other.userId),
    ])
    storm.rowsSeen += own?.length ?? 0
    if (own === undefined) storm.unexpected.push('the own history was not found')
    if (own?.some(({ content }) => content.includes(other.rows.canary))) storm.leaks.push('a foreign message')
    if (foreign || both) storm.leaks.push('a foreign history')
  },
  async turn({ scope, rows, userId }, other, storm) {
    const begun = makeTurn(rows.tenantId, userId, rows.sessionId, `${rows.canary} asks`)
    const planted = makeTurn(rows.tenantId, userId, other.rows.sessionId, 'planted')
    const [own, foreign] = await Promise.all([scope.beginTurn(begun), scope.beginTurn(planted)])
    if (!own) storm.unexpected.push('an own turn was not stored')
    if (foreign) storm.leaks.push('a turn in a foreign session')
    const finish = (turn: BegunTurn['turn'], call: string) =>
      scope.finishTurn({
        turn: {
          tenant_id: turn.tenant_id,
          session_id: turn.session_id,
          message_id: randomUUID(),
          content: turn.content === 'planted' ? 'planted' : `${rows.canary} answers`,
          status: 'completed',
          sources: null,
          cited: [],
          usage: null,
        },
        call: {
          id: call,
          prompt_tokens: 1,
          completion_tokens: 1,
          cached_tokens: 0,
          cost_micro_usd: 0,
          status: 'completed',
          usage_source: 'estimated',
          first_token_ms: 1,
          duration_ms: 1,
        },
      })
    const [ended, misplaced] = await Promise.all([
      finish(begun.turn, begun.call.id),
      finish(planted.turn, planted.call.id),
    ])
    if (!ended) storm.unexpected.push('an own answer was not stored')
    if (misplaced) storm.leaks.push('an answer in a foreign session')
  },
}

/** Ways to end midway; each throws what it threw. */
const aborts: Record<string, (side: Side, other: Side, storm: Storm) => Promise<void>> = {
  beforeAnyQuery: ({ scope }) => scope.write(() => Promise.reject(new Midway())),
  afterAWrite: ({ scope, tenantId }) =>
    scope.write(async (database) => {
      await database.insert(documents).values({ tenantId, id: randomUUID(), title: 'aborted' })
      throw new Midway()
    }),
  inARead: ({ scope }) =>
    scope.read(async (database) => {
      await database.select().from(documents)
      throw new Midway()
    }),
  byTheDatabase: ({ scope }) => scope.write((database) => database.execute(sql`select 1 / 0`).then(() => undefined)),
  byThePolicies: ({ scope }, other) =>
    scope.write(async (database) => {
      await database.insert(documents).values({ tenantId: other.tenantId, id: randomUUID(), title: 'aborted' })
    }),
  // One branch fails; its sibling goes on asking and writing over the same, by then perhaps reused, connection.
  async withABranchThatOutlives({ scope, tenantId }, _, storm) {
    const { promise: done, resolve: note } = Promise.withResolvers<void>()
    try {
      await scope.write((database) => Promise.all([fail(database), goOn(database)]))
    } finally {
      await done
    }
    async function fail(database: Database): Promise<void> {
      await database.select().from(documents).limit(1)
      throw new Midway()
    }
    async function goOn(database: Database): Promise<void> {
      for (let round = 0; round < 12; round++) {
        const rows = await database
          .select()
          .from(documents)
          .catch(() => [])
        for (const row of rows) if (row.tenantId !== tenantId) storm.leaks.push(`late ${JSON.stringify(row)}`)
        await database
          .insert(documents)
          .values({ tenantId, id: randomUUID(), title: 'aborted' })
          .catch(() => undefined)
      }
      note()
    }
  },
}

async function tell(database: Database): Promise<string | null | undefined> {
  const [row] = await database.execute<{ tenant: string | null }>(sql`select tenant.current_id() as tenant`)
  return row?.tenant
}

function makeTurn(tenant: string, userId: UserId, sessionId: string, content: string): BegunTurn {
  const tenantId = parseTenantId(tenant)!
  return {
    turn: {
      tenant_id: tenantId,
      user_id: userId,
      session_id: sessionId,
      new_session: false,
      title: content,
      message_id: randomUUID(),
      content,
    },
    call: {
      id: randomUUID(),
      tenant_id: tenantId,
      user_id: userId,
      source: 'api',
      purpose: 'chat',
      provider: 'offline',
      model: 'offline',
      prompt_tokens: 1,
      completion_tokens: 1,
      cost_micro_usd: 0,
      request_id: 'storm',
    },
  }
}

const pick = <T>(items: readonly T[], random: number): T => items[Math.floor(random * items.length)]!

async function rage(transactions: number): Promise<Storm> {
  const storm: Storm = { transactions: 0, aborted: 0, rowsSeen: 0, leaks: [], unexpected: [] }
  const worker = async (): Promise<void> => {
    while (storm.transactions < transactions) {
      storm.transactions++
      const side = pick(sides, Math.random())
      const other = pick(
        sides.filter((candidate) => candidate !== side),
        Math.random(),
      )
      if (Math.random() < 0.1) {
        storm.aborted++
        const [title, abort] = pick(Object.entries(aborts), Math.random())
        const ended = await abort(side, other, storm).then(
          () => 'committed',
          () => 'aborted',
        )
        if (ended !== 'aborted') storm.unexpected.push(`${title}: ${ended}`)
      } else {
        const [title, step] = pick(Object.entries(steps), Math.random())
        await step(side, other, storm).catch((error: unknown) => storm.unexpected.push(`${title}: ${String(error)}`))
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return storm
}

/** The setting as every connection of both pools has it between two transactions. */
async function leftovers(): Promise<(string | null)[]> {
  const { runtime, hot } = app.services.core
  const taken = await Promise.all(Array.from({ length: poolMax }, () => runtime.take()))
  const pooled = await Promise.all(
    taken.map((connection): PromiseLike<{ left: string | null }[]> =>
      connection.send("select nullif(current_setting('app.tenant_id', true), '') as left"),
    ),
  )
  for (const connection of taken) connection.release()
  const hotRows: { left: string | null }[][] = await Promise.all(
    Array.from(
      { length: poolMax * 4 },
      () => hot`select nullif(current_setting('app.tenant_id', true), '') as left, pg_sleep(0.01)::text`,
    ),
  )
  return [...pooled, ...hotRows].flatMap((rows) => rows.map((row) => row.left))
}

test(
  `A5: ${isFull ? '100,000' : '10,000'} interleaved transactions over a pool of ${poolMax}, a tenth aborted midway: no leak, nothing left behind`,
  async () => {
    const storm = await rage(isFull ? 100_000 : 10_000)
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
