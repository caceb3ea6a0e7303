import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { call } from '../../support/call.ts'
import { makeTenant, makeUser, type Person, signIn } from '../../support/people.ts'
import { canRunRedis, startRedis, type TestRedis } from '../../support/redis-server.ts'
import { eventually, type Scenario, startScenario } from '../../support/scenario.ts'
import type { TestApp } from '../../support/start-app.ts'

const env = { REQUESTS_PER_MINUTE_MAX: '60' }
const me = async (app: TestApp, { token }: { token: string }): Promise<number> =>
  (await call(app, 'GET /users/me', { token })).status

/** How many of so many requests of a caller are answered. */
async function countAnswered(app: TestApp, person: Person, requests: number): Promise<number> {
  let answered = 0
  for (let n = 0; n < requests; n++) if ((await me(app, person)) === 200) answered++
  return answered
}

describe('requests that call no model', () => {
  let scenario: Scenario

  beforeAll(async () => {
    scenario = await startScenario({ env })
  })
  afterAll(() => scenario.stop())

  test('have a ceiling for each caller, whichever token it uses; model requests are not among them', async () => {
    await makeTenant(scenario.app, scenario.superuser, 'acme', { retrieval: 'off' })
    const user = await makeUser(scenario.app, scenario.superuser, { tenant: 'acme' })
    const again = await signIn(scenario.app, user.email)
    const statuses: number[] = []
    for (let n = 0; n < 70; n++) statuses.push(await me(scenario.app, n % 2 === 0 ? user : again))
    expect(statuses.slice(0, 50).every((status) => status === 200)).toBe(true)
    const refused = await call(scenario.app, 'GET /users/me', { token: user.token })
    expect(refused.status).toBe(429)
    expect(refused.body).toMatchObject({ code: 'limit.requests_per_minute', scope: 'caller', limit: 60, spent: 60 })
    expect(Number(refused.headers.get('retry-after'))).toBeWithin(1, 61)
    expect(refused.headers.get('x-ratelimit-limit-requests')).toBe('60')
    const chat = await call(scenario.app, 'POST /chat', { token: user.token, body: { message: 'Hi' } })
    expect(chat.status).toBe(200)
    // Others are not concerned, and signing in is nobody's request yet.
    const other = await makeUser(scenario.app, scenario.superuser, { tenant: 'acme' })
    expect(await me(scenario.app, other)).toBe(200)
  })
})

describe.skipIf(!canRunRedis())('requests that call no model, on two replicas with Redis', () => {
  let redis: TestRedis
  let scenario: Scenario
  let replica: TestApp

  beforeAll(async () => {
    redis = await startRedis()
    scenario = await startScenario({ env: { ...env, REDIS_URL: redis.url } })
    replica = await scenario.app.startReplica()
  })
  afterAll(async () => {
    await replica.stop()
    await scenario.stop()
    await redis.stop()
  })
  const makeCaller = (): Promise<Person> => makeUser(scenario.app, scenario.superuser)

  test('are counted together: what one replica answered the other one does not answer again', async () => {
    const user = await makeCaller()
    // Signing in took one.
    expect(await countAnswered(scenario.app, user, 40)).toBe(40)
    await Bun.sleep(100)
    // What comes before the replica has heard of the others is allowed.
    expect(await countAnswered(replica, user, 60)).toBeWithin(19, 30)
    const refused = await call(replica, 'GET /users/me', { token: user.token })
    expect(refused.body).toMatchObject({ status: 429, limit: 60, spent: 60 })
    await eventually(async () => (await me(scenario.app, user)) === 429)
    const other = await makeCaller()
    expect(await me(replica, other)).toBe(200)
  })

  test.each([
    ['killed', () => redis.kill(), () => redis.start()],
    ['hung', () => redis.pause(), () => redis.resume()],
  ] as const)(
    'D3: with Redis %s each replica goes by itself, no request waits for it, and what was counted is told afterwards',
    async (_kind, fail, mend) => {
      const user = await makeCaller()
      expect(await countAnswered(scenario.app, user, 5)).toBe(5)
      await fail()
      try {
        const times: number[] = []
        for (let n = 0; n < 30; n++) {
          const startedMs = performance.now()
          expect(await me(scenario.app, user)).toBe(200)
          times.push(performance.now() - startedMs)
        }
        expect(Math.max(...times)).toBeLessThan(100)
        expect(await countAnswered(replica, user, 70)).toBe(60)
      } finally {
        await mend()
        await eventually(() => scenario.app.services.redis?.isAvailable && replica.services.redis?.isAvailable)
      }
      // The replica is at its end, and says so when it is asked again: with that of the other one is over, too.
      expect(await me(replica, user)).toBe(429)
      await eventually(async () => (await me(scenario.app, user)) === 429)
      expect(await me(scenario.app, await makeCaller())).toBe(200)
    },
    20_000,
  )
})
