import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import type { LimitStanding } from '../../server/answering/limits/limits.ts'
import { call, type Reply } from '../support/call.ts'
import { openStream } from '../support/open-stream.ts'
import { makeTenant, makeUser, type Person } from '../support/people.ts'
import { canRunRedis, startRedis, type TestRedis } from '../support/redis-server.ts'
import { eventually, type Scenario, startScenario } from '../support/scenario.ts'

const figures = { prompt_tokens: 100, completion_tokens: 100 }

/** C6 beside quiet courses: limits that come and go, and a Redis that remembers what is old. */
describe.each(canRunRedis() ? ['memory', 'redis'] : ['memory'])('C6: limits counted in %s', (kind) => {
  let scenario: Scenario
  let redis: TestRedis | undefined
  let number = 0

  beforeAll(async () => {
    redis = kind === 'redis' ? await startRedis() : undefined
    scenario = await startScenario({ env: redis ? { REDIS_URL: redis.url } : {} })
  })
  afterAll(async () => {
    await scenario.stop()
    await redis?.stop()
  })
  afterEach(() => scenario.model.reset())

  async function makeLimited(limits: object): Promise<{ id: string; user: Person }> {
    const id = `follows${++number}`
    await makeTenant(scenario.app, scenario.superuser, id, { retrieval: 'off', limits })
    return { id, user: await makeUser(scenario.app, scenario.superuser, { tenant: id }) }
  }

  const chat = (user: Person): Promise<Reply> =>
    call(scenario.app, 'POST /chat', { token: user.token, body: { message: 'Hello?' } })

  const setLimits = async (id: string, limits: object): Promise<void> => {
    const changed = await call(scenario.app, `PATCH /admin/tenants/${id}`, {
      token: scenario.superuser.token,
      body: { limits },
    })
    expect(changed.status).toBe(200)
  }

  async function look(id: string, user: Person | null): Promise<LimitStanding | undefined> {
    const tenant = await scenario.app.services.directories.tenant(id as never)
    const standings = tenant ? await scenario.app.services.limits.look(tenant, (user?.id ?? null) as never) : []
    return standings.find(({ name }) => name === 'tokens_per_month')
  }

  test('a limit that was taken away and is given again knows what was used meanwhile', async () => {
    const { id, user } = await makeLimited({ tokens_per_month: 100_000, per_user: { tokens_per_month: 100_000 } })
    scenario.model.behave({ tokens: 3, usage: figures }, { sticky: true })
    expect((await chat(user)).status).toBe(200)
    await setLimits(id, { tokens_per_month: null, per_user: { tokens_per_month: null } })
    for (let n = 0; n < 5; n++) expect((await chat(user)).status).toBe(200)
    await setLimits(id, { tokens_per_month: 1_000, per_user: { tokens_per_month: 5_000 } })
    const refused = await chat(user)
    expect(refused.body).toMatchObject({ code: 'limit.tokens_per_month', scope: 'tenant', limit: 1_000, spent: 1_200 })
    expect(await look(id, user)).toMatchObject({ spent: 1_200, held: 0 })
  })

  test('a limit that is given while an answer is under way ends where the ledger does', async () => {
    const { id, user } = await makeLimited({ requests_per_minute: 1_000 })
    scenario.model.behave({ tokens: 20, delayMs: 30, usage: figures })
    const answer = await openStream(scenario.app, 'POST /chat/stream', {
      token: user.token,
      body: { message: 'Hello?' },
    })
    await setLimits(id, { tokens_per_month: 100_000, per_user: { tokens_per_month: 100_000 } })
    // What is set aside for it counts at once.
    expect((await look(id, null))?.spent).toBeGreaterThan(4_000)
    expect((await look(id, user))?.spent).toBeGreaterThan(4_000)
    await answer.read()
    const ends = kind === 'redis' ? 2_000 : 20_000
    await eventually(async () => (await look(id, null))?.spent === 200, ends)
    await eventually(async () => (await look(id, user))?.spent === 200, ends)
  })

  test('prompts that are no prose, all at once, take no more than is left', async () => {
    const quota = 200_000
    const { id, user } = await makeLimited({ tokens_per_month: quota })
    // Each of these digits is a token, and each space.
    const message = '1 '.repeat(15_900)
    const usage = { prompt_tokens: 31_850, completion_tokens: 3 }
    scenario.model.behave({ tokens: 3, firstTokenDelayMs: 300, usage }, { sticky: true })
    const came = await Promise.all(
      Array.from({ length: 30 }, () => call(scenario.app, 'POST /chat', { token: user.token, body: { message } })),
    )
    const through = came.filter(({ status }) => status === 200).length
    expect(through).toBeWithin(3, 7)
    expect(came.filter(({ status }) => status === 429)).toHaveLength(came.length - through)
    expect(await look(id, null)).toMatchObject({ spent: through * 31_853, held: 0 })
    expect(through * 31_853).toBeLessThanOrEqual(quota)
  })

  test.skipIf(kind !== 'redis')('a Redis that comes back with old counters gives nothing away', async () => {
    if (!redis) return
    const { id, user } = await makeLimited({ tokens_per_month: 2_000 })
    scenario.model.behave({ tokens: 3, usage: figures }, { sticky: true })
    expect((await chat(user)).status).toBe(200)
    const month = new Date().toISOString().slice(0, 7)
    const key = `tenantry:${scenario.app.services.core.installationId}:limits:${id}:tenant:${month}`
    const fields = await readFields(redis, key)
    expect(fields).toContain('tokens')
    for (let n = 0; n < 8; n++) expect((await chat(user)).status).toBe(200)
    await redis.kill()
    await redis.start()
    await redis.send('HSET', key, ...fields)
    await eventually(() => scenario.app.services.redis?.isAvailable)
    expect(await look(id, null)).toMatchObject({ spent: 1_800, held: 0 })
  })

  test.skipIf(kind !== 'redis')(
    'a call that the counter was loaded beside is counted once, whichever way it was loaded',
    async () => {
      if (!redis) return
      const { id, user } = await makeLimited({ tokens_per_month: 100_000 })
      scenario.model.behave({ tokens: 20, delayMs: 30, usage: figures })
      const answer = await openStream(scenario.app, 'POST /chat/stream', {
        token: user.token,
        body: { message: 'Hello?' },
      })
      await redis.send('FLUSHALL')
      expect((await look(id, null))?.spent).toBeGreaterThan(4_000)
      await answer.read()
      await eventually(async () => (await look(id, null))?.spent === 200)
    },
  )
})

async function readFields(redis: TestRedis, key: string): Promise<string[]> {
  const reply = await redis.send('HGETALL', key)
  return typeof reply === 'object' && reply !== null ? Object.entries(reply).flat().map(String) : []
}
