import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { SQL } from 'bun'
import { createHotPool } from '../../server/data/hot-pool.ts'
import { call, type Reply } from '../support/call.ts'
import { metricsToken, scrape, sumOf } from '../support/metrics.ts'
import { makeTenant, makeUser, type Person } from '../support/people.ts'
import { ask, eventually, openOwner, type Scenario, startScenario } from '../support/scenario.ts'

const poolMax = 6
let scenario: Scenario
let loud: Person
let quiet: Person

beforeAll(async () => {
  scenario = await startScenario({ env: { METRICS_TOKEN: metricsToken, DATABASE_POOL_MAX: String(poolMax) } })
  for (const id of ['loud', 'quiet']) await makeTenant(scenario.app, scenario.superuser, id)
  loud = await makeUser(scenario.app, scenario.superuser, { tenant: 'loud' })
  quiet = await makeUser(scenario.app, scenario.superuser, { tenant: 'quiet' })
})
afterAll(() => scenario.stop())

const waiting = async (pool: string): Promise<number> =>
  sumOf(await scrape(scenario.app), 'tenantry_pool_waiting', { pool })

/** Runs `work` while every statement that reads the table waits. */
async function whileLocked(table: string, work: () => Promise<void>): Promise<void> {
  const owner = openOwner(scenario.app)
  try {
    await owner.begin(async (sql) => {
      await sql.unsafe(`lock table ${table} in access exclusive mode`)
      await work()
    })
  } finally {
    await owner.end({ timeout: 5 })
  }
}

describe('a tenant that takes all connections it can get', () => {
  test('has half of them, by reads of the core database as well; others are served at once', async () => {
    let crowd: Promise<Reply>[] = []
    const asked = 40
    const before = await scrape(scenario.app)
    await whileLocked('public.usage_ledger', async () => {
      crowd = Array.from({ length: asked }, () =>
        call(scenario.app, 'GET /admin/tenants/loud/usage', { token: scenario.superuser.token }),
      )
      await eventually(async () => (await waiting('core')) === asked - poolMax / 2)
      const samples = await scrape(scenario.app)
      expect(sumOf(samples, 'tenantry_pool_connections_busy', { pool: 'core' })).toBe(poolMax / 2)
      // Its own users wait behind it, nobody else does.
      const own = call(scenario.app, 'GET /chat/sessions', { token: loud.token })
      for (const route of ['GET /users/me', 'GET /chat/sessions']) {
        expect((await call(scenario.app, route, { token: quiet.token })).status).toBe(200)
      }
      const prompts = await call(scenario.app, 'GET /admin/tenants/quiet/prompts', { token: scenario.superuser.token })
      expect(prompts.status).toBe(200)
      expect(await waiting('core')).toBe(asked - poolMax / 2 + 1)
      crowd.push(own)
    })
    for (const reply of await Promise.all(crowd)) expect(reply.status).toBe(200)
    const after = await scrape(scenario.app)
    const grown = (name: string): number => sumOf(after, name, { pool: 'core' }) - sumOf(before, name, { pool: 'core' })
    expect(await waiting('core')).toBe(0)
    expect(grown('tenantry_pool_wait_seconds_count')).toBe(asked - poolMax / 2 + 1)
    expect(grown('tenantry_pool_wait_seconds_sum')).toBeGreaterThan(0)
  })

  test('a line of one tenant that is too long is 503 with Retry-After for itself alone', async () => {
    const { runtime } = scenario.app.services.core
    const held = await Promise.all(Array.from({ length: poolMax / 2 }, () => runtime.take('loud')))
    const line = Array.from({ length: 1_000 }, () => runtime.take('loud'))
    const refused = await call(scenario.app, 'GET /chat/sessions', { token: loud.token })
    expect([refused.status, refused.body.code]).toEqual([503, 'server.busy'])
    expect(refused.headers.get('retry-after')).toBe('2')
    expect((await call(scenario.app, 'GET /chat/sessions', { token: quiet.token })).status).toBe(200)
    for (const connection of held) connection.release()
    for (const taken of line) (await taken).release()
    expect((await call(scenario.app, 'GET /chat/sessions', { token: loud.token })).status).toBe(200)
  })

  test('a flood of questions of one tenant does not keep another from its first token', async () => {
    const { hot } = scenario.app.services.core
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>()
    const crowd = Array.from({ length: 500 }, () => hot.run('loud', () => held))
    expect(hot.figures()).toMatchObject({ max: poolMax, busy: poolMax })
    expect(hot.figures().waiting).toBeGreaterThan(400)
    expect((await ask(scenario.app, { token: quiet.token })).data('done')).toBeDefined()
    letGo()
    await Promise.all(crowd)
    expect(hot.figures()).toMatchObject({ busy: 0, waiting: 0 })
  })

  test('as many uploads at once as one likes end, though each holds one connection while it waits for others', async () => {
    const replies = await Promise.all(
      Array.from({ length: poolMax * 3 }, (_, n) =>
        call(scenario.app, 'POST /admin/tenants/loud/documents', {
          token: scenario.superuser.token,
          headers: { 'idempotency-key': `crowd-${n}` },
          body: { title: `Number ${n}`, text: `What number ${n} says.` },
        }),
      ),
    )
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 202))
  })

  test('a statement that fails gives its turn back', async () => {
    const sql = new SQL({ url: scenario.app.database.ownerUrl, max: 2 })
    const pool = createHotPool({ sql, max: 2, statementsMax: 1, isShared: false })
    const failures = Array.from({ length: 5 }, () => pool.run('loud', (at) => at`select 1 / 0`.execute()))
    expect((await Promise.allSettled(failures)).map(({ status }) => status)).toEqual(failures.map(() => 'rejected'))
    expect(pool.figures()).toMatchObject({ busy: 0, waiting: 0 })
    await pool.close()
  })
})
