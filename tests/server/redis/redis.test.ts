import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createLog } from '../../../server/platform/log.ts'
import { createRedis, defineRedisScript, type Redis, RedisUnavailable } from '../../../server/platform/redis.ts'
import { canRunRedis, startRedis, type TestRedis } from '../../support/redis-server.ts'

const waitMsMax = 10_000
const add = defineRedisScript(`return redis.call('INCRBY', KEYS[1], ARGV[1])`)

let server: TestRedis
let redis: Redis

const connect = (): Promise<Redis> =>
  createRedis({
    url: server.url,
    installationId: 'test',
    log: createLog({ level: 'silent' }),
    now: () => new Date(),
  })

async function until(holds: () => boolean): Promise<void> {
  const giveUpAtMs = performance.now() + waitMsMax
  while (!holds()) {
    if (performance.now() > giveUpAtMs) throw new Error('it did not come to be')
    await Bun.sleep(10)
  }
}

describe.skipIf(!canRunRedis())('Redis', () => {
  beforeAll(async () => {
    server = await startRedis()
    redis = await connect()
  })
  afterAll(async () => {
    redis.close()
    await server.stop()
  })

  test('keys carry the installation, so two installations in one Redis never meet', async () => {
    expect(redis.key('limits', 'acme')).toBe('tenantry:test:limits:acme')
  })

  test('a script runs whether or not Redis knows it, also after its memory of scripts was lost', async () => {
    const call = { keys: [redis.key('sum')], args: ['2'] }
    expect(await redis.run(add, call)).toBe(2)
    expect(await redis.run(add, call)).toBe(4)
    await server.send('SCRIPT', 'FLUSH')
    expect(await redis.run(add, call)).toBe(6)
  })

  test('what Redis refuses is told to the asker alone; the connection stays', async () => {
    const refused = await redis.send('INCRBY', [redis.key('sum'), 'no number']).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(RedisUnavailable)
    expect(redis.isAvailable).toBe(true)
  })

  test('a listener hears what is published on its channel alone, once each, until it stops', async () => {
    const heard: string[] = []
    const [mine, other] = [redis.key('channel', 'a'), redis.key('channel', 'b')]
    const stop = await redis.subscribe(mine, (message) => heard.push(message))
    const stopSecond = await redis.subscribe(mine, (message) => heard.push(message))
    stopSecond()
    await redis.send('PUBLISH', [other, 'not mine'])
    await redis.send('PUBLISH', [mine, 'one\ntwo ü'])
    await until(() => heard.length > 0)
    stop()
    await redis.send('PUBLISH', [mine, 'too late'])
    await Bun.sleep(50)
    expect(heard).toEqual(['one\ntwo ü'])
  })

  test('killed, it costs no command any time; back again, commands and listeners go on by themselves', async () => {
    const heard: string[] = []
    const channel = redis.key('channel', 'c')
    await redis.subscribe(channel, (message) => heard.push(message))
    await server.kill()
    for (let tries = 0; tries < 20; tries++) {
      const startedMs = performance.now()
      expect(await redis.send('PING', []).catch((error: unknown) => error)).toBeInstanceOf(RedisUnavailable)
      expect(performance.now() - startedMs).toBeLessThan(100)
    }
    expect(redis.health().status).toBe('unhealthy')
    await server.start()
    await until(() => redis.isAvailable)
    expect(redis.health().status).toBe('healthy')
    // The listener's connection comes back on its own; what was published before is lost.
    await until(() => {
      if (redis.isAvailable) void redis.send('PUBLISH', [channel, 'again']).catch(() => undefined)
      return heard.length > 0
    })
    expect(heard[0]).toBe('again')
  })

  test('hung, it costs the first command less than 100 ms and the next ones nothing; then it goes on', async () => {
    await until(() => redis.isAvailable)
    server.pause()
    const waitedMs: number[] = []
    for (let tries = 0; tries < 20; tries++) {
      const startedMs = performance.now()
      expect(await redis.send('PING', []).catch((error: unknown) => error)).toBeInstanceOf(RedisUnavailable)
      waitedMs.push(performance.now() - startedMs)
    }
    expect(Math.max(...waitedMs)).toBeLessThan(100)
    expect(waitedMs.filter((ms) => ms > 20).length).toBeLessThanOrEqual(1)
    server.resume()
    await until(() => redis.isAvailable)
    expect(await redis.send('PING', [])).toBe('PONG')
  })

  test('a Redis that is away at the start does not stop it, and is taken up when it comes', async () => {
    await server.kill()
    const late = await connect()
    expect(late.isAvailable).toBe(false)
    await server.start()
    await until(() => late.isAvailable)
    expect(await late.send('PING', [])).toBe('PONG')
    late.close()
  })
})
