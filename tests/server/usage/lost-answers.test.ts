import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { endLostAnswers } from '../../../server/answering/lost-answers.ts'
import { call } from '../../support/call.ts'
import { makeDedicatedTenant } from '../../support/dedicated.ts'
import { type OpenStream, openStream } from '../../support/open-stream.ts'
import { makeTenant, password, type Person, signIn } from '../../support/people.ts'
import { canRunRedis, startRedis, type TestRedis } from '../../support/redis-server.ts'
import { eventually, platformKey, type Scenario, startScenario } from '../../support/scenario.ts'
import { startServerProcess } from '../../support/server-process.ts'
import { testSecrets } from '../../support/start-app.ts'

const limits = { tokens_per_month: 100_000, cost_per_month_micro_usd: 100_000_000 }

describe.skipIf(!canRunRedis())('answers of a replica that was killed', () => {
  let redis: TestRedis
  let scenario: Scenario
  const users: Record<string, Person> = {}

  beforeAll(async () => {
    redis = await startRedis()
    scenario = await startScenario({ env: { REDIS_URL: redis.url } })
    const { app, superuser } = scenario
    const settings = { retrieval: 'off', model: 'gpt-4o-mini', limits }
    await makeTenant(app, superuser, 'pooled', settings)
    await makeDedicatedTenant(app, superuser, 'dedicated', settings)
    for (const id of ['pooled', 'dedicated']) {
      const email = `somebody@${id}.example`
      await call(app, `POST /admin/tenants/${id}/users`, { token: superuser.token, body: { email, password } })
      users[id] = await signIn(app, email, id)
    }
  })
  afterAll(async () => {
    await scenario.stop()
    await redis.stop()
  })
  beforeEach(() => scenario.model.reset())

  const personOf = (tenant: string): Person => {
    const found = users[tenant]
    if (!found) throw new Error(`nobody is in ${tenant}`)
    return found
  }

  /** Kills a replica once an answer has come so far; nine seconds later, when nobody waits for it any more. */
  async function killUnder(user: Person, until: string): Promise<OpenStream> {
    const replica = await startServerProcess({
      ...testSecrets,
      NODE_ENV: 'production',
      DATABASE_URL: scenario.app.database.ownerUrl,
      DATABASE_POOL_MAX: '4',
      REDIS_URL: redis.url,
      ALLOW_LOOPBACK_UPSTREAMS: 'true',
      OPENAI_API_KEY: platformKey,
      OPENAI_BASE_URL: scenario.model.url,
    })
    const stream = await openStream(replica, 'POST /chat/stream', { token: user.token, body: { message: 'Tell me' } })
    await stream.until((text) => text.includes(until))
    const keys = `*:streams:*:${stream.streamId}:frames`
    await eventually(async () => {
      const [key = ''] = (await redis.send('KEYS', keys)) as string[]
      return String(await redis.send('GET', key)).includes(until)
    })
    await replica.killHard()
    return stream
  }

  async function endLease({ streamId }: OpenStream, options: { isGone: boolean }): Promise<void> {
    await scenario.sql`update usage_ledger set lease_expires_at = now() - interval '1 second' where id = ${streamId}`
    const [alive = ''] = (await redis.send('KEYS', `*:streams:*:${streamId}:alive`)) as string[]
    if (options.isGone) await redis.send('DEL', alive)
    else await redis.send('SET', alive, '1')
  }

  const readRow = async ({ streamId }: OpenStream) => {
    const [row] = await scenario.sql`
      select status, usage_source, prompt_tokens, completion_tokens, cost_micro_usd::int as cost from usage_ledger
      where id = ${streamId}`
    return row
  }
  const readMessages = async (user: Person, { sessionId }: OpenStream) =>
    (await call(scenario.app, `GET /chat/sessions/${sessionId}/messages`, { token: user.token })).body.items

  test.each(['pooled', 'dedicated'])(
    'what its reader saw is kept once in the conversation, as aborted, and counted (%s)',
    async (tenant) => {
      const user = personOf(tenant)
      scenario.model.behave({ tokens: 2_000, delayMs: 10 })
      const stream = await killUnder(user, 'word20 ')
      await endLease(stream, { isGone: true })
      const ended = await Promise.all([endLostAnswers(scenario.app.services), endLostAnswers(scenario.app.services)])
      expect(Math.max(...ended) + Math.min(...ended)).toBe(1)

      const [question, answer, ...others] = await readMessages(user, stream)
      expect(others).toEqual([])
      expect(question).toMatchObject({ role: 'user', content: 'Tell me' })
      expect(answer).toMatchObject({ id: stream.messageId, role: 'assistant', status: 'aborted' })
      expect(answer.content).toStartWith('word0 word1 ')
      expect(answer.content).toContain('word20 ')
      const row = await readRow(stream)
      expect(row).toMatchObject({ status: 'aborted', usage_source: 'estimated' })
      expect(row?.completion_tokens).toBeGreaterThan(20)
      const { prompt_tokens, completion_tokens, cost_micro_usd } = answer.usage
      expect(row).toMatchObject({ prompt_tokens, completion_tokens, cost: cost_micro_usd })
      expect(cost_micro_usd).toBe(Math.ceil((prompt_tokens * 150_000 + completion_tokens * 600_000) / 1_000_000))
      expect(await endLostAnswers(scenario.app.services)).toBe(0)
    },
    60_000,
  )

  test('a replica that still gives signs of life is waited for', async () => {
    const user = personOf('pooled')
    scenario.model.behave({ tokens: 2_000, delayMs: 10 })
    const stream = await killUnder(user, 'word5 ')
    await endLease(stream, { isGone: false })
    expect(await endLostAnswers(scenario.app.services)).toBe(0)
    expect(await readRow(stream)).toMatchObject({ status: 'reserved' })
    await endLease(stream, { isGone: true })
    expect(await endLostAnswers(scenario.app.services)).toBe(1)
  }, 60_000)

  test('without a copy the prompt alone is counted, and what limits count is the ledger', async () => {
    const user = personOf('pooled')
    scenario.model.behave({ tokens: 2_000, delayMs: 10 })
    const stream = await killUnder(user, 'word5 ')
    await redis.send('FLUSHALL')
    // Somebody reads the counters meanwhile: they hold what the dead replica had reserved.
    const tenant = await scenario.app.services.directories.tenant('pooled' as never)
    if (!tenant) throw new Error('no tenant')
    const spent = async () =>
      (await scenario.app.services.limits.look(tenant, null)).find(({ name }) => name === 'tokens_per_month')?.spent
    expect(await spent()).toBeGreaterThan(1_000)
    await scenario.sql`update usage_ledger set lease_expires_at = now() - interval '1 second' where id = ${stream.streamId}`
    expect(await endLostAnswers(scenario.app.services)).toBe(1)
    expect(await readRow(stream)).toMatchObject({ status: 'aborted', usage_source: 'estimated', completion_tokens: 0 })
    expect((await readMessages(user, stream)).map(({ role }: { role: string }) => role)).toEqual(['user'])
    const [sum] = await scenario.sql`
      select sum(prompt_tokens + completion_tokens)::int as tokens from usage_ledger where tenant_id = 'pooled'`
    expect(await spent()).toBe(sum?.tokens)
  }, 60_000)
})
