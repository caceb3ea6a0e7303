import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createAttemptExchange } from '../../../server/platform/attempt-exchange.ts'
import { systemClock } from '../../../server/platform/clock.ts'
import { createLog } from '../../../server/platform/log.ts'
import { type AttemptLimit, createAttemptLimit } from '../../../server/platform/rate-limit.ts'
import { createRedis, type Redis } from '../../../server/platform/redis.ts'
import { canRunRedis, startRedis, type TestRedis } from '../../support/redis-server.ts'
import { eventually } from '../../support/scenario.ts'

const windowMs = 1_000
const max = 20
const log = createLog({ level: 'error', destination: { write: () => undefined } })

describe.skipIf(!canRunRedis())('attempts that replicas count together', () => {
  let server: TestRedis
  let redis: Redis
  let name = 0

  beforeAll(async () => {
    server = await startRedis()
    redis = await createRedis({ url: server.url, installationId: 'test', log, now: () => new Date() })
  })
  afterAll(async () => {
    redis.close()
    await server.stop()
  })

  /** Limits of so many replicas. */
  function makeReplicas(count: number): AttemptLimit[] {
    name++
    return Array.from({ length: count }, () => {
      const share = createAttemptExchange({ redis, name: `limit${name}`, windowMs, clock: systemClock })
      return createAttemptLimit({ max, windowMs, keysMax: 3, clock: systemClock, share })
    })
  }

  const take = (limit: AttemptLimit, times: number, key = 'a'): number =>
    Array.from({ length: times }, () => limit.take(key)).filter(({ allowed }) => allowed).length

  test('a window begins at one replica and ends at all of them; then everything is free again', async () => {
    const [first, second] = makeReplicas(2)
    if (!first || !second) throw new Error('there are no replicas')
    expect(take(first, 15)).toBe(15)
    await Bun.sleep(windowMs / 2)
    expect(take(second, 1)).toBe(1)
    await eventually(() => second.take('a').spent > 15)
    // It is the window of the first one, half of which is over.
    expect(second.take('a').endsInMs).toBeWithin(1, windowMs / 2 + 1)
    await eventually(() => !second.take('a').allowed && !first.take('a').allowed)
    await Bun.sleep(first.take('a').endsInMs + 20)
    expect(take(first, max)).toBe(max)
    await eventually(() => !second.take('a').allowed)
  })

  test('in windows that follow each other no attempt is lost and none is counted twice', async () => {
    const replicas = makeReplicas(3)
    let allowed = 0
    const endsAtMs = performance.now() + 3 * windowMs + windowMs / 2
    while (performance.now() < endsAtMs) {
      for (const replica of replicas) allowed += take(replica, 1)
      await Bun.sleep(5)
    }
    // Four windows began, and in each what came between two exchanges may be too much.
    expect(allowed).toBeGreaterThanOrEqual(4 * max)
    expect(allowed).toBeLessThanOrEqual(4 * (max + 3 * 10))
  })

  test('callers do not count for each other, and one that was forgotten here is remembered there', async () => {
    const [replica] = makeReplicas(1)
    if (!replica) throw new Error('there is no replica')
    expect(take(replica, max)).toBe(max)
    await Bun.sleep(60)
    // More than it may know of.
    for (const key of ['b', 'c', 'd', 'e']) expect(take(replica, 5, key)).toBe(5)
    expect(take(replica, 1)).toBe(1)
    await eventually(() => !replica.take('a').allowed)
    expect(replica.take('e').allowed).toBe(true)
  })

  test('a count that is told twice, because nobody heard the answer, counts once', async () => {
    const deaf: Redis = {
      ...redis,
      isAvailable: true,
      run: async (...call) => {
        await redis.run(...call)
        throw new Error('nobody heard it')
      },
    }
    const options = { name: 'deaf', windowMs: 5_000, clock: systemClock }
    const limitWith = (through: Redis): AttemptLimit =>
      createAttemptLimit({ max, keysMax: 3, ...options, share: createAttemptExchange({ redis: through, ...options }) })
    const [first, second] = [limitWith(deaf), limitWith(redis)]
    for (let n = 0; n < 5; n++) {
      first.take('a')
      await Bun.sleep(40)
    }
    expect(take(second, 1)).toBe(1)
    await eventually(() => second.take('a').spent > 5)
    const counts = (await server.send('HVALS', redis.key('deaf', 'a'))) as string[]
    expect(counts.filter((count) => count === '5')).toHaveLength(1)
  })
})
