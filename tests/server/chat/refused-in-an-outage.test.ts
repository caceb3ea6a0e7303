import { afterAll, beforeAll, expect, test } from 'bun:test'
import { call } from '../../support/call.ts'
import { type KillablePostgres, startKillablePostgres } from '../../support/killable-postgres.ts'
import { onDatabase } from '../../support/owner-sql.ts'
import { makeTenant, makeUser, type Person } from '../../support/people.ts'
import { chatsSentTo, eventually, openOwner, type Scenario, startScenario } from '../../support/scenario.ts'

let database: KillablePostgres
let scenario: Scenario
let user: Person
beforeAll(async () => {
  database = await startKillablePostgres()
  scenario = await startScenario({
    migrate: true,
    database: { ownerUrl: database.ownerUrl, name: 'tenantry', drop: () => Promise.resolve() },
  })
  await makeTenant(scenario.app, scenario.superuser, 'acme', { model: 'gpt-4o-mini', retrieval: 'off' })
  user = await makeUser(scenario.app, scenario.superuser, { tenant: 'acme' })
}, 60_000)
afterAll(async () => {
  await scenario.stop()
  await database.stop()
})

test('a question that is refused because the database dies is not kept, and what the model was asked is counted once', async () => {
  const { app, model } = scenario
  const earlier = await call(app, 'POST /chat', { token: user.token, body: { message: 'Hello?' } })
  expect(earlier.status).toBe(200)
  const before = chatsSentTo(model).length
  // The question waits for this lock while the model is asked beside it.
  const locker = openOwner(app)
  await locker.unsafe('begin; lock table tenant.chat_messages in access exclusive mode').catch(() => undefined)
  const asking = call(app, 'POST /chat', { token: user.token, body: { message: 'Now?' } })
  await eventually(() => chatsSentTo(model).length > before)
  const startedMs = performance.now()
  await database.killHard()
  const refused = await asking
  const toldMs = performance.now() - startedMs
  expect([refused.status, refused.body.code]).toEqual([503, 'server.unavailable'])
  expect(toldMs).toBeLessThan(5_000)
  await locker.end({ timeout: 1 }).catch(() => undefined)

  await database.comeBack()
  await eventually(async () => (await call(app, 'GET /health/ready')).status === 200, 20_000)
  const rows = await eventually(async () => {
    const found = await onDatabase(
      database.ownerUrl,
      (sql) =>
        sql`select status, usage_source, prompt_tokens, completion_tokens, duration_ms from usage_ledger order by created_at`,
    )
    return found.length === 2 ? found : undefined
  }, 20_000)
  expect(rows[1]).toMatchObject({ status: 'aborted', usage_source: 'estimated', completion_tokens: 0 })
  expect(rows[1]?.prompt_tokens).toBeGreaterThan(0)
  const kept = await onDatabase(
    database.ownerUrl,
    (sql) => sql<{ content: string }[]>`select content from tenant.chat_messages where role = 'user'`,
  )
  expect(kept.map(({ content }) => content)).toEqual(['Hello?'])
}, 90_000)

test('a turn that is begun twice, as when its commit was not heard of, is there once', async () => {
  const ids = { session_id: Bun.randomUUIDv7(), message_id: Bun.randomUUIDv7() }
  const turn = { ...ids, tenant_id: 'acme', user_id: user.id, new_session: true, title: 'Twice', content: 'Twice' }
  const begin = (turns: object[]) =>
    onDatabase(
      database.ownerUrl,
      (sql) => sql`select stored from tenant.begin_turns(${JSON.stringify(turns)}::text::jsonb)`,
    )
  expect([...(await begin([turn])), ...(await begin([turn]))]).toEqual([{ stored: true }, { stored: true }])
  // A conversation of somebody else is not taken for one's own.
  const stranger = { ...turn, user_id: Bun.randomUUIDv7(), message_id: Bun.randomUUIDv7() }
  expect([...(await begin([stranger]))]).toEqual([{ stored: false }])
  const kept = await onDatabase(
    database.ownerUrl,
    (sql) => sql`select content from tenant.chat_messages where session_id = ${ids.session_id}`,
  )
  expect([...kept]).toEqual([{ content: 'Twice' }])
})
