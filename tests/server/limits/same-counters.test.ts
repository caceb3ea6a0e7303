import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { array, assert, asyncProperty, type Arbitrary, constant, integer, oneof, option, record } from 'fast-check'
import type { Counted, Counters, CounterScope, Held } from '../../../server/answering/limits/counters.ts'
import { createMemoryCounters } from '../../../server/answering/limits/memory-counters.ts'
import { createRedisCounters } from '../../../server/answering/limits/redis-counters.ts'
import { newId, parseTenantId, parseUserId, type TenantId, type UserId } from '../../../server/platform/ids.ts'
import { createLog } from '../../../server/platform/log.ts'
import { createRedis, type Redis } from '../../../server/platform/redis.ts'
import { createTestClock } from '../../support/clock.ts'
import { canRunRedis, startRedis, type TestRedis } from '../../support/redis-server.ts'

const runs = process.env.FULL ? 500 : 60
const users = [parseUserId(newId()), parseUserId(newId())]

type Step =
  | { kind: 'admit'; user: number; call: number }
  | { kind: 'leave'; user: number; call: number }
  | { kind: 'distrust'; user: number; call: number }
  | { kind: 'reserve'; user: number; call: number; prompt: number; output: number }
  | { kind: 'settle'; user: number; call: number; tokens: number }

const amount = option(integer({ min: 0, max: 400 }), { nil: undefined })
const limits = record({
  requests_per_minute: option(integer({ min: 0, max: 8 }), { nil: undefined }),
  tokens_per_minute: amount,
  concurrent_streams: option(integer({ min: 0, max: 4 }), { nil: undefined }),
  tokens_per_month: amount,
  cost_per_month_micro_usd: amount,
})
const at = { user: integer({ min: 0, max: 1 }), call: integer({ min: 0, max: 5 }) }
const step: Arbitrary<Step> = oneof(
  record({ kind: constant('admit' as const), ...at }),
  record({ kind: constant('leave' as const), ...at }),
  record({ kind: constant('distrust' as const), ...at }),
  record({
    kind: constant('reserve' as const),
    ...at,
    prompt: integer({ min: 0, max: 60 }),
    output: integer({ min: 0, max: 120 }),
  }),
  record({ kind: constant('settle' as const), ...at, tokens: integer({ min: 0, max: 150 }) }),
)

describe.skipIf(!canRunRedis())('counters in memory and in Redis', () => {
  let server: TestRedis
  let redis: Redis
  let number = 0
  beforeAll(async () => {
    server = await startRedis()
    redis = await createRedis({
      url: server.url,
      installationId: 'same',
      log: createLog({ level: 'silent' }),
      now: () => new Date(),
      commandTimeoutMs: 5_000,
    })
  })
  afterAll(async () => {
    redis.close()
    await server.stop()
  })

  test(`${runs} random courses of calls: both decide, cut and count alike`, async () => {
    await assert(
      asyncProperty(limits, limits, array(step, { maxLength: 30 }), async (ofTenant, ofUser, steps) => {
        const tenantId = tenantOf(++number)
        const clock = createTestClock()
        const [one, other] = [createLedger(), createLedger()]
        const memory = createMemoryCounters({ loadMonth: (query) => one.loadMonth(query), clock, replicas: () => 1 })
        const shared = createRedisCounters({ redis, loadMonth: (query) => other.loadMonth(query) })
        const heldBy = new Map<Counters, Map<string, { held: Held; counted: Counted }>>()
        for (const next of steps) {
          const scopes: CounterScope[] = [{ userId: null, max: defined(ofTenant) }]
          const userId = users[next.user] ?? null
          if (userId && Object.keys(defined(ofUser)).length > 0) scopes.push({ userId, max: defined(ofUser) })
          const counted: Counted = { tenantId, month: '2026-11', revision: '', scopes }
          const outcomes = []
          for (const [counters, ledger] of [
            [memory, one],
            [shared, other],
          ] as const) {
            const held = heldBy.get(counters) ?? new Map()
            heldBy.set(counters, held)
            outcomes.push(await take({ counters, ledger, held, counted, next }))
          }
          expect(outcomes[1]).toEqual(outcomes[0])
        }
      }),
      { numRuns: runs },
    )
  }, 120_000)
})

type Ledger = ReturnType<typeof createLedger>

async function take(turn: {
  counters: Counters
  ledger: Ledger
  held: Map<string, { held: Held; counted: Counted }>
  counted: Counted
  next: Step
}): Promise<unknown> {
  const { counters, ledger, held, counted, next } = turn
  const callId = `00000000-0000-4000-8000-00000000000${next.call}`
  if (next.kind === 'admit') return withoutTimes(await counters.admit(counted, { id: callId, isLook: false }))
  if (next.kind === 'leave') return counters.leave(counted, callId)
  if (next.kind === 'distrust') return counters.distrust(counted)
  if (next.kind === 'settle') {
    const call = held.get(callId)
    if (!call) return undefined
    held.delete(callId)
    const taken = { tokens: next.tokens, costMicroUsd: Math.ceil(next.tokens / 2) }
    ledger.calls.set(callId, { ...taken, userId: ledger.calls.get(callId)?.userId ?? null })
    return counters.settle(call.counted, { callId, held: call.held, taken })
  }
  if (held.has(callId) || ledger.calls.has(callId)) return undefined
  const found = await counters.reserve(counted, {
    callId,
    promptTokens: next.prompt,
    outputTokens: { max: next.output, min: Math.min(16, next.output) },
    price: { input: 400_000, output: 1_100_000 },
  })
  if (found.refused) return withoutTimes(found)
  held.set(callId, { held: found.held, counted })
  ledger.calls.set(callId, { ...found.held, userId: users[next.user] ?? null })
  return {
    ...withoutTimes(found),
    tokens: found.held.tokens,
    cost: found.held.costMicroUsd,
    output: found.outputTokens,
  }
}

/** What a ledger would have: calls under way with what they reserved, others with what they took. */
function createLedger() {
  const calls = new Map<string, { tokens: number; costMicroUsd: number; userId: UserId | null }>()
  return {
    calls,
    async loadMonth({ exceptCalls, userId }: { exceptCalls: string[]; userId: UserId | null }) {
      const sum = { tokens: 0, costMicroUsd: 0 }
      for (const [id, call] of calls) {
        if (exceptCalls.includes(id) || (userId !== null && call.userId !== userId)) continue
        sum.tokens += call.tokens
        sum.costMicroUsd += call.costMicroUsd
      }
      return sum
    },
  }
}

/** Times differ by moments. */
function withoutTimes(found: { refused: unknown; standings: { name: string; spent: number; userId: unknown }[] }) {
  const plain = ({ name, spent, userId }: { name: string; spent: number; userId: unknown }) => ({ name, spent, userId })
  return {
    refused: found.refused === null ? null : plain(found.refused as Parameters<typeof plain>[0]),
    standings: found.standings.map(plain),
  }
}

function defined<T extends object>(values: T): Partial<{ [K in keyof T]: NonNullable<T[K]> }> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}

function tenantOf(n: number): TenantId {
  const id = parseTenantId(`t${n}`)
  if (!id) throw new Error('no tenant id')
  return id
}
