import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { readEvents, send } from '../../support/call.ts'
import { openStream } from '../../support/open-stream.ts'
import { makeTenant, makeUser, type Person } from '../../support/people.ts'
import { canRunRedis, startRedis, type TestRedis } from '../../support/redis-server.ts'
import { eventually, type Scenario, startScenario } from '../../support/scenario.ts'
import type { TestApp } from '../../support/start-app.ts'

/** Two replicas over one PostgreSQL and one Redis: the second reads what the first writes. */

const canRun = canRunRedis()
let redis: TestRedis
let scenario: Scenario
let replica: TestApp
let user: Person
let colleague: Person

beforeAll(async () => {
  if (!canRun) return
  redis = await startRedis()
  scenario = await startScenario({ env: { REDIS_URL: redis.url } })
  replica = await scenario.app.startReplica()
  const { app, superuser } = scenario
  await makeTenant(app, superuser, 'acme')
  user = await makeUser(app, superuser, { tenant: 'acme' })
  colleague = await makeUser(app, superuser, { tenant: 'acme' })
})
afterAll(async () => {
  if (!canRun) return
  await replica.stop()
  await scenario.stop()
  await redis.stop()
})
afterEach(() => scenario?.model.reset())

const ask = (body: Record<string, unknown> = {}) =>
  openStream(scenario.app, 'POST /chat/stream', { token: user.token, body: { message: 'Tell me', ...body } })
const readAt = async (base: TestApp, streamId: string, lastEventId = 0, token = user.token): Promise<Response> =>
  send(base, `GET /chat/streams/${streamId}`, { token, headers: { 'last-event-id': String(lastEventId) } })

describe.skipIf(!canRun)('on another replica', () => {
  test('an answer has eight readers at a time on each replica: one more takes the place of the oldest', async () => {
    for (const [base, beforeThem] of [
      [scenario.app, 1],
      [replica, 0],
    ] as const) {
      scenario.model.behave({ tokens: 60, delayMs: 40 })
      const first = await ask({ resumable: true })
      const readers: Response[] = []
      for (let n = beforeThem; n < 11; n++) readers.push(await readAt(base, first.streamId))
      const texts = await Promise.all(readers.map((response) => response.text()))
      const isWhole = texts.map((text) => text.includes('event: done'))
      expect(isWhole).toEqual(texts.map((_, n) => n + beforeThem >= 3))
      await first.read()
      expect(first.text.includes('event: done')).toBe(base === replica)
    }
  }, 20_000)

  test('a purged tenant leaves no text of its answers in Redis', async () => {
    const { app, superuser } = scenario
    await makeTenant(app, superuser, 'leaving')
    const leaver = await makeUser(app, superuser, { tenant: 'leaving' })
    scenario.model.behave({ text: 'Nobody is to read this any more.' })
    const stream = await openStream(app, 'POST /chat/stream', { token: leaver.token, body: { message: 'Well?' } })
    await stream.read()
    const copies = async () => (await redis.send('KEYS', '*:streams:leaving:*')) as string[]
    await eventually(async () => (await copies()).length > 0)
    const purged = await send(app, 'DELETE /admin/tenants/leaving?purge=true', {
      token: superuser.token,
      headers: { 'x-confirm': 'leaving' },
    })
    expect(purged.status).toBe(200)
    expect(await copies()).toEqual([])
  })

  test('a dropped connection is taken up again, byte for byte, while the answer goes on', async () => {
    // Letters of two to four bytes, which no piece may cut.
    scenario.model.behave({ deltas: Array.from({ length: 80 }, (_, n) => `wörd ${n} 語 🙂 `), delayMs: 15 })
    const first = await ask({ resumable: true })
    await first.until((text) => text.includes('wörd 5 '))
    first.drop()
    const [there, again] = await Promise.all([
      readAt(replica, first.streamId, first.lastId),
      readAt(replica, first.streamId),
    ])
    const [rest, wholeThere] = await Promise.all([there.text(), again.text()])
    const whole = await (await readAt(scenario.app, first.streamId)).text()
    expect(wholeThere).toBe(whole)
    expect(first.text.slice(0, first.completeLength) + rest).toBe(whole)
    expect(whole).toContain('wörd 79 語 🙂 ')
    expect(whole).toContain('"finish_reason":"stop"')
    expect(await (await readAt(replica, first.streamId, 7)).text()).toBe(whole.slice(whole.indexOf('id: 8\n')))
  })

  test('a reader who comes within a moment keeps the answer going', async () => {
    scenario.model.behave({ tokens: 120, delayMs: 15 })
    const first = await ask()
    await first.until((text) => text.includes('word5 '))
    first.drop()
    const events = await readEvents(await readAt(replica, first.streamId, first.lastId))
    expect(events.at(-1)).toMatchObject({ event: 'done', data: { finish_reason: 'stop' } })
    expect(Number(events[0]?.id)).toBe(first.lastId + 1)
  })

  test('an answer that has ended is read, also by who was ahead of the copy; nobody else finds it', async () => {
    const { streamId, text } = await (await ask()).read()
    const found = await eventually(async () => {
      const response = await readAt(replica, streamId)
      return response.status === 200 ? response : undefined
    })
    expect(await found.text()).toBe(text)
    expect((await readAt(replica, streamId, 0, colleague.token)).status).toBe(204)
    expect((await readAt(replica, streamId, 99)).status).toBe(204)
  })

  test('A2: keys name the tenant, and expire', async () => {
    const { streamId } = await (await ask()).read()
    await eventually(async () => (await readAt(replica, streamId)).status === 200)
    const keys = await redis.send('KEYS', `*${streamId}*`)
    expect(Array.isArray(keys) ? keys.length : 0).toBeGreaterThanOrEqual(3)
    for (const key of Array.isArray(keys) ? keys : []) {
      expect(key).toContain(':streams:acme:')
      expect(Number(await redis.send('PTTL', String(key)))).toBeWithin(1, 300_001)
    }
  })

  test('D3: what Redis forgot midway is copied anew', async () => {
    scenario.model.behave({ tokens: 150, delayMs: 15 })
    const first = await ask({ resumable: true })
    await first.until((text) => text.includes('word20 '))
    await redis.send('FLUSHALL')
    await first.until((text) => text.includes('word30 '))
    first.drop()
    const there = await eventually(async () => {
      const response = await readAt(replica, first.streamId)
      return response.status === 200 ? response : undefined
    })
    const whole = await there.text()
    expect(whole).toBe(await (await readAt(scenario.app, first.streamId)).text())
    expect(whole).toContain('word149')
  })

  test('D3: a reader who is there when Redis forgets everything reads on to the end', async () => {
    scenario.model.behave({ tokens: 200, delayMs: 15 })
    const first = await ask({ resumable: true })
    await first.until((text) => text.includes('word5 '))
    // Somebody reads where it is written, too: then it is copied twice a second, and looked for more often.
    const there = await openStream(replica, `GET /chat/streams/${first.streamId}`, { token: user.token })
    await there.until((text) => text.includes('word20 '))
    await redis.send('FLUSHALL')
    const { text } = await there.read()
    expect(text).toBe(await (await readAt(scenario.app, first.streamId)).text())
    expect(text).toContain('"finish_reason":"stop"')
  })

  test('D3: without Redis an answer still streams and is taken up again where it is written', async () => {
    scenario.model.behave({ tokens: 100, delayMs: 15 })
    const first = await ask({ resumable: true })
    await first.until((text) => text.includes('word5 '))
    redis.pause()
    try {
      first.drop()
      const startedMs = performance.now()
      const back = await readAt(scenario.app, first.streamId, first.lastId)
      expect(performance.now() - startedMs).toBeLessThan(150)
      expect((await readEvents(back)).at(-1)?.event).toBe('done')
      expect((await readAt(replica, first.streamId)).status).toBe(204)
    } finally {
      redis.resume()
    }
  })
})
