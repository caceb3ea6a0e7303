import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { createRedisCounters } from '../../server/answering/limits/redis-counters.ts'
import { monthOf } from '../../server/answering/limits/limits.ts'
import { sumMonth } from '../../server/data/usage-months.data.ts'
import { readEvents, send, type SseEvent } from '../support/call.ts'
import { makeTenant, makeUser, type Person } from '../support/people.ts'
import { canRunRedis, startRedis, type TestRedis } from '../support/redis-server.ts'
import { eventually, platformKey, type Scenario, startScenario } from '../support/scenario.ts'
import { type ServerProcess, startServerProcess } from '../support/server-process.ts'
import { testSecrets } from '../support/start-app.ts'

const chats = process.env.FULL ? 400 : 100
const quota = 200_000
const outputMax = 300

/** What one chat came to, as its client saw it. */
interface Came {
  requestId: string
  status: number
  code: string | undefined
  /** Of the stream's usage event; undefined when it did not come that far. */
  usage: { prompt_tokens: number; completion_tokens: number } | undefined
}

interface LedgerRow {
  request_id: string
  status: string
  usage_source: string
  prompt_tokens: number
  completion_tokens: number
}

describe.skipIf(!canRunRedis())('C6: exact limits', () => {
  let redis: TestRedis
  let scenario: Scenario
  let replica: ServerProcess
  let number = 0

  beforeAll(async () => {
    redis = await startRedis()
    scenario = await startScenario({ env: { REDIS_URL: redis.url } })
    replica = await startReplica()
  })
  afterAll(async () => {
    await replica.stop()
    await scenario.stop()
    await redis.stop()
  })

  const environment = (): Record<string, string> => ({
    ...testSecrets,
    NODE_ENV: 'production',
    DATABASE_URL: scenario.app.database.ownerUrl,
    DATABASE_POOL_MAX: '6',
    REDIS_URL: redis.url,
    ALLOW_LOOPBACK_UPSTREAMS: 'true',
    OPENAI_API_KEY: platformKey,
    OPENAI_BASE_URL: scenario.model.url,
  })
  const startReplica = (): Promise<ServerProcess> => startServerProcess(environment())

  async function makeLimited(limits: object): Promise<{ id: string; user: Person }> {
    const id = `exact${++number}`
    await makeTenant(scenario.app, scenario.superuser, id, {
      limits,
      retrieval: 'off',
      max_output_tokens: outputMax,
      model: 'gpt-4o-mini',
    })
    return { id, user: await makeUser(scenario.app, scenario.superuser, { tenant: id }) }
  }

  const spend = (tenantId: string, tokens: number) => scenario.sql`
    insert into usage_ledger (id, tenant_id, source, purpose, provider, model, prompt_tokens, completion_tokens,
      cost_micro_usd, status, usage_source, request_id, settled_at)
    values (gen_random_uuid(), ${tenantId}, 'api', 'chat', 'openai', 'gpt-4o-mini', ${tokens}, 0, 0, 'completed',
      'provider', 'before', now())`

  const readLedger = (tenantId: string) => scenario.sql<LedgerRow[]>`
    select request_id, status, usage_source, prompt_tokens, completion_tokens from usage_ledger
    where tenant_id = ${tenantId} and request_id <> 'before'`

  const sumLedger = async (tenantId: string): Promise<number> => {
    const [row] = await scenario.sql<{ tokens: number }[]>`
      select sum(prompt_tokens + completion_tokens)::int as tokens from usage_ledger where tenant_id = ${tenantId}`
    return row?.tokens ?? 0
  }

  const readCounter = async (id: string) => {
    const tenant = await scenario.app.services.directories.tenant(id as never)
    const standings = tenant ? await scenario.app.services.limits.look(tenant, null) : []
    return standings.find(({ name }) => name === 'tokens_per_month')
  }

  /** Chats at the given server; leaves after the first delta when it is to. */
  async function chat(base: { url: string }, user: Person, leaves: boolean): Promise<Came> {
    const leaving = new AbortController()
    const response = await send(base, 'POST /chat/stream', {
      token: user.token,
      body: { message: 'Hello?' },
      signal: leaving.signal,
    })
    const requestId = response.headers.get('x-request-id') ?? ''
    if (response.status !== 200) {
      return { requestId, status: response.status, code: (await response.json()).code, usage: undefined }
    }
    if (leaves) {
      const reader = response.body?.getReader()
      await reader?.read()
      leaving.abort()
      return { requestId, status: 200, code: 'left', usage: undefined }
    }
    const events: SseEvent[] = await readEvents(response)
    const usage = events.find(({ event }) => event === 'usage')?.data
    return { requestId, status: 200, code: events.find(({ event }) => event === 'error')?.data.code, usage }
  }

  test.each([1, 2])(
    `${chats} chats at once at 99 %% of the quota on %d replicas: not one request over it, and each is in the ledger once, as the model reported it`,
    async (replicas) => {
      const { id, user } = await makeLimited({ tokens_per_month: quota })
      await spend(id, quota * 0.99)
      scenario.model.reset()
      for (let n = 0; n < chats; n++) {
        // Each its own figures; some calls fail, and one in ten is left.
        if (n % 13 === 5) scenario.model.behave({ status: 500 })
        else {
          const usage = { prompt_tokens: 20 + (n % 7), completion_tokens: 30 + (n % 50) }
          scenario.model.behave({ tokens: 12, delayMs: 5, usage })
        }
      }
      const bases = [scenario.app, replica].slice(0, replicas)
      const came: Came[] = []
      // Again and again until nothing is left: what is refused while others hold the rest may come later.
      for (let round = 0; round < 3; round++) {
        const all = Array.from({ length: chats }, (_, n) =>
          chat(bases[n % replicas] ?? scenario.app, user, n % 10 === 3),
        )
        came.push(...(await Promise.all(all)))
      }
      await eventually(async () => (await readLedger(id)).every((row) => row.status !== 'reserved'), 20_000)

      const rows = new Map((await readLedger(id)).map((row) => [row.request_id, row]))
      expect(rows.size).toBe((await readLedger(id)).length)
      const refused = came.filter(({ status }) => status === 429)
      expect(refused.length).toBeGreaterThan(0)
      expect(refused.filter(({ code, requestId }) => code !== 'limit.tokens_per_month' || rows.has(requestId))).toEqual(
        [],
      )
      const called = came.filter(({ status }) => status !== 429)
      expect(called.length).toBeGreaterThan(10)
      expect([...rows.keys()].sort()).toEqual(called.map(({ requestId }) => requestId).sort())
      // As many calls as the model got requests.
      expect(scenario.model.requests.filter(({ path }) => path.endsWith('/chat/completions'))).toHaveLength(rows.size)
      for (const { requestId, usage, status, code } of called) {
        const row = rows.get(requestId)
        if (usage) {
          const { prompt_tokens, completion_tokens } = usage
          expect(row).toMatchObject({ status: 'completed', usage_source: 'provider', prompt_tokens, completion_tokens })
        } else if (status === 502)
          expect(row).toMatchObject({ status: 'failed', prompt_tokens: 0, completion_tokens: 0 })
        // Whoever leaves may find that the answer was written already.
        else if (row?.status === 'completed')
          expect({ code, source: row.usage_source }).toEqual({ code: 'left', source: 'provider' })
        else expect(row).toMatchObject({ status: 'aborted', usage_source: 'estimated' })
      }
      const spent = await sumLedger(id)
      const largest = Math.max(...[...rows.values()].map((row) => row.prompt_tokens + row.completion_tokens))
      console.log(`C6: ${replicas} replicas, ${came.length} chats, ${called.length} let through: ${spent} of ${quota}`)
      expect(spent).toBeLessThanOrEqual(quota + largest)
      // The counter ends where the ledger does, and nobody holds anything any more.
      await eventually(async () => (await readCounter(id))?.held === 0)
      expect((await readCounter(id))?.spent).toBe(spent)
    },
    120_000,
  )

  test('kill -9 of a replica: its calls are settled once, as aborted and estimated, and what they held comes back', async () => {
    const { id, user } = await makeLimited({ tokens_per_month: quota, concurrent_streams: 50 })
    scenario.model.reset()
    scenario.model.behave({ tokens: 5, stallAfter: 3 }, { sticky: true })
    const victim = await startReplica()
    const streams = await Promise.all(
      Array.from({ length: 20 }, () =>
        send(victim, 'POST /chat/stream', { token: user.token, body: { message: 'Hello?' } }),
      ),
    )
    expect(streams.filter(({ status }) => status !== 200)).toEqual([])
    await eventually(async () => (await readLedger(id)).length === 20)
    expect((await readCounter(id))?.held).toBeGreaterThan(20 * outputMax)
    await victim.killHard()
    await Promise.all(streams.map((response) => response.text().catch(() => undefined)))

    // Two minutes later.
    await scenario.sql`update usage_ledger set lease_expires_at = now() - interval '1 second' where status = 'reserved'`
    const leases = `tenantry:${scenario.app.services.core.installationId}:limits:held`
    const held = (await redis.send('ZRANGE', leases, '0', '-1')) as string[]
    expect(held.filter((member) => member.startsWith(`${id}|`))).toHaveLength(20)
    await redis.send('ZADD', leases, 'XX', ...held.flatMap((member) => ['1', member]))
    const { ledger, limits } = scenario.app.services
    const settled = await Promise.all([ledger.settleExpired(), ledger.settleExpired()])
    expect(settled.flat()).toHaveLength(20)
    // A busy machine may find Redis too slow; the next sweep takes up what is left.
    await Promise.allSettled([limits.sweep(), limits.sweep()])
    await eventually(
      async () =>
        (await readCounter(id))?.held === 0 ||
        (await limits.sweep().then(
          () => false,
          () => false,
        )),
      20_000,
    )

    const rows = await readLedger(id)
    expect(rows).toHaveLength(20)
    for (const row of rows) {
      expect(row).toMatchObject({ status: 'aborted', usage_source: 'estimated', completion_tokens: 0 })
      expect(row.prompt_tokens).toBeGreaterThan(0)
    }
    expect(await readCounter(id)).toMatchObject({ spent: await sumLedger(id), held: 0 })
  }, 60_000)

  test('usage:reconcile tells what differs from the ledger and puts it right', async () => {
    const { id, user } = await makeLimited({ tokens_per_month: quota })
    scenario.model.reset()
    expect((await chat(scenario.app, user, false)).usage).toBeDefined()
    const first = await reconcile()
    expect(first.output).toContain('Nothing differs from the ledger.')
    expect(first.exitCode).toBe(0)

    await spend(id, 1_234)
    const second = await reconcile()
    expect(second.output).toContain(`Drift (counter) of ${id}:`)
    expect(second.exitCode).toBe(1)
    expect((await readCounter(id))?.spent).toBe(await sumLedger(id))
    expect((await reconcile()).exitCode).toBe(0)
  }, 60_000)

  test('what limits count is what the ledger says, also after Redis forgot everything while answers ran', async () => {
    const { id, user } = await makeLimited({ tokens_per_month: quota })
    scenario.model.reset()
    scenario.model.behave({ tokens: 40, delayMs: 20 }, { sticky: true })
    const running = Array.from({ length: 10 }, (_, n) => chat([scenario.app, replica][n % 2] ?? replica, user, false))
    await eventually(async () => (await readLedger(id)).length === 10)
    await redis.send('FLUSHALL')
    const more = Array.from({ length: 10 }, (_, n) => chat([scenario.app, replica][n % 2] ?? replica, user, false))
    const came = await Promise.all([...running, ...more])
    expect(came.filter(({ usage }) => !usage)).toEqual([])
    expect((await readCounter(id))?.spent).toBe(await sumLedger(id))
    const { core, redis: client } = scenario.app.services
    const counters = client && createRedisCounters({ redis: client, loadMonth: (query) => sumMonth(core.db, query) })
    const found = (await counters?.listMonths())?.filter(({ tenantId }) => tenantId === id) ?? []
    expect(found).toEqual([{ tenantId: found[0]!.tenantId, userId: null, month: monthOf(new Date()) }])
  }, 60_000)

  async function reconcile(): Promise<{ exitCode: number; output: string }> {
    const child = Bun.spawn([process.execPath, 'server/commands/usage-reconcile.ts'], {
      cwd: join(import.meta.dir, '../..'),
      env: { PATH: process.env.PATH ?? '', ...environment() },
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const [output, problems] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
    return { exitCode: await child.exited, output: output + problems }
  }
})
