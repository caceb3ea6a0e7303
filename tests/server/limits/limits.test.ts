import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { call, type CallOptions, type Reply, send } from '../../support/call.ts'
import { makeTenant, makeUser, type Person } from '../../support/people.ts'
import { canRunRedis, startRedis, type TestRedis } from '../../support/redis-server.ts'
import { ask, chatsSentTo, eventually, type Scenario, startScenario } from '../../support/scenario.ts'

/** The same on the counters of one process and on those in Redis. */
describe.each(canRunRedis() ? ['memory', 'redis'] : ['memory'])('limits, counted in %s', (kind) => {
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

  const api = (route: string, body?: unknown, more?: CallOptions): Promise<Reply> =>
    call(scenario.app, route, { token: scenario.superuser.token, body, ...more })

  async function makeLimited(limits: object, more: object = {}): Promise<{ id: string; user: Person }> {
    const id = `t${++number}`
    await makeTenant(scenario.app, scenario.superuser, id, { limits, retrieval: 'off', ...more })
    return { id, user: await makeUser(scenario.app, scenario.superuser, { tenant: id }) }
  }

  const chat = (user: Person, message = 'Hello?'): Promise<Reply> =>
    call(scenario.app, 'POST /chat', { token: user.token, body: { message } })

  const readLedger = (tenantId: string) => scenario.sql<{ tokens: number; cost: string; status: string }[]>`
    select prompt_tokens + completion_tokens as tokens, cost_micro_usd::text as cost, status from usage_ledger
    where tenant_id = ${tenantId} order by created_at`

  test('requests of a minute are refused past the limit, with everything a client needs to wait', async () => {
    const { user } = await makeLimited({ requests_per_minute: 2 })
    const first = await chat(user)
    expect(first.status).toBe(200)
    expect(first.headers.get('x-ratelimit-limit-requests')).toBe('2')
    expect(first.headers.get('x-ratelimit-remaining-requests')).toBe('1')
    const second = await ask(scenario.app, { token: user.token })
    expect(second.response.headers.get('x-ratelimit-remaining-requests')).toBe('0')
    const refused = await chat(user)
    expect(refused.status).toBe(429)
    expect(refused.body.resets_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect(refused.body).toMatchObject({ code: 'limit.requests_per_minute', scope: 'tenant', limit: 2, spent: 2 })
    const seconds = Number(refused.headers.get('retry-after'))
    expect(seconds).toBeWithin(1, 61)
    expect(Number(refused.headers.get('x-ratelimit-reset-requests'))).toBeWithin(1, 61)
    expect(Math.abs(Date.parse(refused.body.resets_at) - Date.now() - seconds * 1000)).toBeLessThan(3_000)
    // What was refused was not sent to the model, and not counted.
    expect(chatsSentTo(scenario.model)).toHaveLength(2)
  })

  test('a user of a tenant has limits of their own beside the tenant’s', async () => {
    const { id, user } = await makeLimited({ requests_per_minute: 3, per_user: { requests_per_minute: 1 } })
    const other = await makeUser(scenario.app, scenario.superuser, { tenant: id })
    expect((await chat(user)).status).toBe(200)
    const refused = await chat(user)
    expect(refused.body).toMatchObject({ code: 'limit.requests_per_minute', scope: 'user', limit: 1, spent: 1 })
    expect((await chat(other)).status).toBe(200)
  })

  test('tenants have counters of their own', async () => {
    const [one, two] = [await makeLimited({ requests_per_minute: 1 }), await makeLimited({ requests_per_minute: 1 })]
    expect((await chat(one.user)).status).toBe(200)
    expect((await chat(one.user)).status).toBe(429)
    expect((await chat(two.user)).status).toBe(200)
  })

  test('as many answers at the same time as allowed; an end, however it comes, makes room', async () => {
    const { user } = await makeLimited({ concurrent_streams: 1 })
    scenario.model.behave({ tokens: 3, stallAfter: 2 })
    const leaving = new AbortController()
    const open = await send(scenario.app, 'POST /chat/stream', {
      token: user.token,
      body: { message: 'Hello?' },
      signal: leaving.signal,
    })
    expect(open.status).toBe(200)
    const refused = await chat(user)
    expect(refused.body).toMatchObject({ code: 'limit.concurrent_streams', limit: 1, spent: 1 })
    leaving.abort()
    await eventually(async () => (await chat(user)).status === 200)
    // A call that the model refuses gives its place back, too.
    scenario.model.behave({ status: 500 })
    expect((await chat(user)).status).toBe(502)
    expect((await chat(user)).status).toBe(200)
  })

  test('the output is cut to what remains of the month, and the counter ends where the ledger does', async () => {
    const { id, user } = await makeLimited({ tokens_per_month: 400 }, { max_output_tokens: 4096 })
    scenario.model.behave({ tokens: 5, usage: { prompt_tokens: 50, completion_tokens: 60 } })
    expect((await chat(user)).status).toBe(200)
    const first = chatsSentTo(scenario.model)[0]?.body
    const cut = first?.max_completion_tokens ?? first?.max_tokens ?? 0
    expect(cut).toBeWithin(16, 400)
    scenario.model.behave({ tokens: 5, usage: { prompt_tokens: 50, completion_tokens: 230 } })
    expect((await chat(user)).status).toBe(200)
    const refused = await chat(user)
    expect(refused.status).toBe(429)
    expect(refused.body).toMatchObject({ code: 'limit.tokens_per_month', scope: 'tenant', limit: 400, spent: 390 })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(60)
    expect((await readLedger(id)).map((row) => row.tokens)).toEqual([110, 280])
  })

  test('what the calls under way set aside counts: they are refused for a moment, not for the month', async () => {
    const { user } = await makeLimited({ tokens_per_month: 3_000 }, { max_output_tokens: 4096 })
    scenario.model.behave({ tokens: 3, stallAfter: 2 })
    const leaving = new AbortController()
    await send(scenario.app, 'POST /chat/stream', {
      token: user.token,
      body: { message: 'Hello?' },
      signal: leaving.signal,
    })
    const refused = await chat(user)
    expect(refused.body).toMatchObject({ code: 'limit.tokens_per_month', spent: 3_000 })
    expect(refused.headers.get('retry-after')).toBe('2')
    leaving.abort()
    await eventually(async () => (await chat(user)).status === 200)
  })

  test('tokens of a minute are settled to what was used', async () => {
    const { user } = await makeLimited({ tokens_per_minute: 5_000 }, { max_output_tokens: 4096 })
    scenario.model.behave({ tokens: 5, usage: { prompt_tokens: 20, completion_tokens: 30 } }, { sticky: true })
    expect((await chat(user)).status).toBe(200)
    const second = await ask(scenario.app, { token: user.token })
    expect(second.response.headers.get('x-ratelimit-limit-tokens')).toBe('5000')
    // 50 of the first are taken, and what the second might use is set aside.
    expect(Number(second.response.headers.get('x-ratelimit-remaining-tokens'))).toBeWithin(1, 950)
    const third = await ask(scenario.app, { token: user.token })
    expect(Number(third.response.headers.get('x-ratelimit-remaining-tokens'))).toBeWithin(1, 900)
  })

  test('a budget is held in micro-USD; without a known price it cannot be', async () => {
    const { id, user } = await makeLimited({ cost_per_month_micro_usd: 100 }, { model: 'gpt-4o-mini' })
    // 0.15 and 0.60 USD a million: 200 and 100 tokens are 30 + 60.
    scenario.model.behave({ tokens: 5, usage: { prompt_tokens: 200, completion_tokens: 100 } })
    expect((await chat(user)).status).toBe(200)
    expect((await readLedger(id))[0]?.cost).toBe('90')
    const refused = await chat(user)
    expect(refused.body).toMatchObject({ code: 'limit.cost_per_month_micro_usd', limit: 100, spent: 90 })

    const unpriced = await api(`PATCH /admin/tenants/${id}`, { model: 'some-new-model' })
    expect(unpriced.status).toBe(422)
    expect(unpriced.body.errors).toEqual([{ path: 'model', message: expect.stringContaining('some-new-model') }])
    const other = await makeLimited({}, { model: 'some-new-model' })
    const budget = await api(`PATCH /admin/tenants/${other.id}`, { limits: { cost_per_month_micro_usd: 100 } })
    expect(budget.status).toBe(422)
    expect(budget.body.errors[0].path).toBe('limits.cost_per_month_micro_usd')
    // Changed by hand, it is refused at the call.
    await scenario.sql`update tenants set limits = '{"cost_per_month_micro_usd": 100}' where id = ${other.id}`
    await eventually(async () => (await chat(other.user)).body.code === 'model.price_unknown')
    expect((await chat(other.user)).status).toBe(503)
  })

  test('a manager’s test uses up the month, but no request of a minute', async () => {
    const { id, user } = await makeLimited({ requests_per_minute: 1, tokens_per_month: 1_000 })
    const preview = () =>
      send(scenario.app, `POST /admin/tenants/${id}/preview`, {
        token: scenario.superuser.token,
        body: { message: 'Hello?' },
      })
    scenario.model.behave({ tokens: 5, usage: { prompt_tokens: 300, completion_tokens: 700 } })
    expect(await (await preview()).text()).toContain('event: done')
    const refused = await chat(user)
    expect(refused.body).toMatchObject({ code: 'limit.tokens_per_month', spent: 1_000 })
    expect((await preview()).status).toBe(429)
  })

  test('a tenant that is purged leaves no counter to the next one of its id', async () => {
    const limits = { tokens_per_month: 500, requests_per_minute: 1 }
    const { id, user } = await makeLimited(limits)
    scenario.model.behave({ tokens: 5, usage: { prompt_tokens: 400, completion_tokens: 100 } })
    expect((await chat(user)).status).toBe(200)
    expect((await chat(user)).status).toBe(429)
    const purged = await api(`DELETE /admin/tenants/${id}?purge=true`, undefined, { headers: { 'x-confirm': id } })
    expect(purged.status).toBe(200)
    await makeTenant(scenario.app, scenario.superuser, id, { limits, retrieval: 'off' })
    const next = await makeUser(scenario.app, scenario.superuser, { tenant: id })
    expect((await chat(next)).status).toBe(200)
  })

  test('only superusers set limits; a warning above its limit and unknown names are refused', async () => {
    const { id } = await makeLimited({ requests_per_minute: 5, soft: { requests_per_minute: 4 } })
    const owner = await makeUser(scenario.app, scenario.superuser, { is_owner: true })
    await api(`PATCH /admin/tenants/${id}`, { owner_id: owner.id })
    const asOwner = await api(
      `PATCH /admin/tenants/${id}`,
      { limits: { requests_per_minute: 500 } },
      { token: owner.token },
    )
    expect(asOwner.status).toBe(403)
    const useless = await api(`PATCH /admin/tenants/${id}`, { limits: { soft: { requests_per_minute: 6 } } })
    expect(useless.body.errors).toEqual([
      { path: 'limits.soft.requests_per_minute', message: 'must not be above the limit itself' },
    ])
    for (const limits of [{ requests: 5 }, { requests_per_minute: -1 }, { requests_per_minute: 1.5 }, { soft: 3 }]) {
      expect((await api(`PATCH /admin/tenants/${id}`, { limits })).status).toBe(422)
    }
    const changed = await api(`PATCH /admin/tenants/${id}`, {
      limits: { requests_per_minute: null, soft: { requests_per_minute: null }, per_user: { concurrent_streams: 2 } },
    })
    expect(changed.body.limits).toMatchObject({
      requests_per_minute: null,
      soft: { requests_per_minute: null },
      per_user: { concurrent_streams: 2, requests_per_minute: null },
    })
  })
})

describe('the platform’s default limits', () => {
  test('apply where a tenant has none of its own', async () => {
    const scenario = await startScenario({ env: { DEFAULT_LIMITS: '{"requests_per_minute": 1}' } })
    try {
      await makeTenant(scenario.app, scenario.superuser, 'plain')
      await makeTenant(scenario.app, scenario.superuser, 'own', { limits: { requests_per_minute: 2 } })
      const statuses = async (tenant: string): Promise<number[]> => {
        const user = await makeUser(scenario.app, scenario.superuser, { tenant })
        const found: number[] = []
        for (let asked = 0; asked < 3; asked++) {
          found.push((await call(scenario.app, 'POST /chat', { token: user.token, body: { message: 'Hi' } })).status)
        }
        return found
      }
      expect(await statuses('plain')).toEqual([200, 429, 429])
      expect(await statuses('own')).toEqual([200, 200, 429])
    } finally {
      await scenario.stop()
    }
  })
})
