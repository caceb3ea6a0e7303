import { SQL } from 'bun'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createHotPool } from '../../../server/data/hot-pool.ts'
import { createUsageLedger } from '../../../server/data/usage.data.ts'
import { createTestDatabase, type TestDatabase } from '../../support/databases.ts'

let database: TestDatabase
let sql: SQL

beforeAll(async () => {
  database = await createTestDatabase()
  sql = new SQL({ url: database.ownerUrl, max: 1 })
})
afterAll(async () => {
  await sql.close()
  await database.drop()
})

test('a sweep whose plan was made over an empty ledger stays quick while the ledger grows, and settles what expired', async () => {
  const ledger = createUsageLedger(createHotPool({ sql, max: 1, statementsMax: 1, isShared: true }))
  // Known to be empty, and nobody tells the planner otherwise.
  await sql`alter table usage_ledger set (autovacuum_enabled = false)`
  await sql`analyze usage_ledger`
  expect(await ledger.settleExpired()).toHaveLength(0)
  await sql`
    insert into usage_ledger (id, tenant_id, source, purpose, provider, model, prompt_tokens, completion_tokens, status,
      usage_source, request_id, lease_expires_at)
    select gen_random_uuid(), 'acme', 'api', 'chat', 'openai', 'gpt-4o-mini', 1000, 500, 'reserved', 'estimated', 'bench',
      clock_timestamp() + case n when 1 then -1 else 90 end * interval '1 second'
    from generate_series(1, 3000) n`
  await sql`
    insert into usage_ledger (id, tenant_id, source, purpose, provider, model, prompt_tokens, completion_tokens, status,
      usage_source, request_id)
    select gen_random_uuid(), 'acme', 'api', 'chat', 'openai', 'gpt-4o-mini', 1000, 500, 'completed', 'provider', 'bench'
    from generate_series(1, 8000)`
  // The plan that looked again for every row took half a minute.
  await sql`set statement_timeout = '5s'`
  expect(await ledger.settleExpired()).toHaveLength(1)
  expect(await ledger.settleExpired()).toHaveLength(0)
  const settled = await sql`
    select completion_tokens, usage_source, cost_micro_usd::int as cost from usage_ledger where status = 'aborted'`
  expect([...settled]).toEqual([{ completion_tokens: 0, usage_source: 'estimated', cost: 150 }])
})
