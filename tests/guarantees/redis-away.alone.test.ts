import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { call, type Reply } from '../support/call.ts'
import { createClockAhead } from '../support/clock.ts'
import { makeTenant, makeUser, type Person } from '../support/people.ts'
import { canRunRedis, startRedis, type TestRedis } from '../support/redis-server.ts'
import { ask, eventually, type Scenario, startScenario } from '../support/scenario.ts'
import type { TestApp } from '../support/start-app.ts'

/** What a request may wait for a Redis that is away (guarantee D3). */
const waitedMsMax = 100
const rounds = 30

describe.skipIf(!canRunRedis())('D3: Redis', () => {
  let redis: TestRedis
  let scenario: Scenario
  let replica: TestApp
  let number = 0

  beforeAll(async () => {
    redis = await startRedis()
    scenario = await startScenario({ env: { REDIS_URL: redis.url } })
    replica = await scenario.app.startReplica()
    // It has counted the replicas: two.
    await Promise.all([scenario.app.services.limits.sweep(), replica.services.limits.sweep()])
  })
  afterAll(async () => {
    await replica.stop()
    await scenario.stop()
    await redis.stop()
  })
  beforeEach(() => {
    scenario.model.reset()
    scenario.model.behave({ tokens: 3, usage: { prompt_tokens: 20, completion_tokens: 30 } }, { sticky: true })
  })

  async function makeLimited(limits: object): Promise<{ id: string; user: Person }> {
    const id = `away${++number}`
    await makeTenant(scenario.app, scenario.superuser, id, { limits, retrieval: 'off', max_output_tokens: 50 })
    const user = await makeUser(scenario.app, scenario.superuser, { tenant: id })
    expect((await chat(scenario.app, user)).status).toBe(200)
    return { id, user }
  }

  const chat = (base: { url: string }, user: Person): Promise<Reply> =>
    call(base, 'POST /chat', { token: user.token, body: { message: 'Hello?' } })

  const sumLedger = async (tenantId: string): Promise<number> => {
    const [row] = await scenario.sql<{ tokens: number }[]>`
      select sum(prompt_tokens + completion_tokens)::int as tokens from usage_ledger where tenant_id = ${tenantId}`
    return row?.tokens ?? 0
  }

  const readCounter = async (base: TestApp, id: string): Promise<number | undefined> => {
    const tenant = await base.services.directories.tenant(id as never)
    const standings = tenant ? await base.services.limits.look(tenant, null) : []
    return standings.find(({ name }) => name === 'tokens_per_month')?.spent
  }

  /** How long answers take with Redis as it is, less what they take on an average with it. */
  async function measure(user: Person): Promise<{ waitedMs: number; statuses: number[] }> {
    const times: number[] = []
    const statuses: number[] = []
    for (let round = 0; round < rounds; round++) {
      const startedMs = performance.now()
      statuses.push((await chat(scenario.app, user)).status)
      times.push(performance.now() - startedMs)
    }
    const usual = times.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0
    return { waitedMs: Math.max(...times) - usual, statuses }
  }

  test.each([
    ['killed', () => redis.kill(), () => redis.start()],
    ['hung', () => redis.pause(), () => redis.resume()],
  ] as const)(
    '%s while answers run: no request waits more than 100 ms, answers go on, and counters are the ledger’s afterwards',
    async (kind, fail, mend) => {
      const { id, user } = await makeLimited({ tokens_per_month: 1_000_000, concurrent_streams: 20 })
      scenario.model.behave({ tokens: 20, delayMs: 20, usage: { prompt_tokens: 20, completion_tokens: 20 } })
      const running = ask(scenario.app, { token: user.token })
      await Bun.sleep(100)
      await fail()
      try {
        const { waitedMs, statuses } = await measure(user)
        console.log(`D3: ${kind}: a request waited ${Math.round(waitedMs)} ms more than usual`)
        expect(statuses.filter((status) => status !== 200)).toEqual([])
        expect(waitedMs).toBeLessThan(waitedMsMax)
        expect((await running).data('done').finish_reason).toBe('stop')
        // The ledger is read again every five seconds.
        await eventually(async () => (await readCounter(scenario.app, id)) === (await sumLedger(id)), 15_000)
      } finally {
        await mend()
      }
      await eventually(() => scenario.app.services.redis?.isAvailable && replica.services.redis?.isAvailable)
      expect((await chat(scenario.app, user)).status).toBe(200)
      expect((await chat(replica, user)).status).toBe(200)
      // What ended while Redis was away is settled there within moments.
      await eventually(async () => (await readCounter(replica, id)) === (await sumLedger(id)), 15_000)
    },
    60_000,
  )

  test('killed: each replica keeps to its share of a limit', async () => {
    const { user } = await makeLimited({ requests_per_minute: 10 })
    await redis.kill()
    try {
      const statuses = { first: [] as number[], second: [] as number[] }
      for (let round = 0; round < 8; round++) {
        statuses.first.push((await chat(scenario.app, user)).status)
        statuses.second.push((await chat(replica, user)).status)
      }
      for (const found of Object.values(statuses)) {
        expect(found).toEqual([200, 200, 200, 200, 200, 429, 429, 429])
      }
    } finally {
      await redis.start()
      await eventually(() => scenario.app.services.redis?.isAvailable && replica.services.redis?.isAvailable)
    }
  })

  test('flushed: what a month has used is not forgotten', async () => {
    const { id, user } = await makeLimited({ tokens_per_month: 150 })
    expect((await chat(replica, user)).status).toBe(200)
    await redis.send('FLUSHALL')
    expect((await chat(scenario.app, user)).body.code ?? 'answered').toMatch(/limit\.tokens_per_month|answered/)
    expect((await chat(replica, user)).status).toBe(429)
    expect(await readCounter(replica, id)).toBe(await sumLedger(id))
    expect(await sumLedger(id)).toBeLessThanOrEqual(150)
  })
})

describe('D11: steps of the clock', () => {
  test('a step of ± 1 h, or into another month, unlocks no limit', async () => {
    const clock = createClockAhead()
    const scenario = await startScenario({ clock })
    try {
      await makeTenant(scenario.app, scenario.superuser, 'acme', {
        limits: { requests_per_minute: 2, tokens_per_month: 100_000 },
        retrieval: 'off',
      })
      const user = await makeUser(scenario.app, scenario.superuser, { tenant: 'acme' })
      const { directories, limits } = scenario.app.services
      // Not by the API: a step makes tokens invalid.
      const ask = async (): Promise<string> => {
        const tenant = await directories.tenant('acme' as never)
        if (!tenant) throw new Error('there is no such tenant')
        const caller = { tenant, userId: user.id as never, requestId: 'step', purpose: 'chat' as const }
        return limits.admit(caller).then(
          () => 'admitted',
          (error: { code: string }) => error.code,
        )
      }
      const refused = 'limit.requests_per_minute'
      expect([await ask(), await ask(), await ask()]).toEqual(['admitted', 'admitted', refused])
      for (const stepMs of [3_600_000, -7_200_000, 3_600_000]) {
        clock.stepWallMs(stepMs)
        expect(await ask()).toBe(refused)
      }
      // Time that really passes does.
      clock.advanceMs(61_000)
      expect(await ask()).toBe('admitted')
      // Months are the database's: its clock did not step.
      await scenario.sql`
        insert into usage_ledger (id, tenant_id, source, purpose, provider, model, prompt_tokens, completion_tokens,
          status, usage_source, request_id)
        values (gen_random_uuid(), 'acme', 'api', 'chat', 'openai', 'm', 100000, 0, 'completed', 'provider', 'before')`
      clock.advanceMs(61_000)
      await eventually(async () => (await ask()) === 'limit.tokens_per_month')
      clock.stepWallMs(40 * 86_400_000)
      expect(await ask()).toBe('limit.tokens_per_month')
    } finally {
      await scenario.stop()
    }
  })
})
