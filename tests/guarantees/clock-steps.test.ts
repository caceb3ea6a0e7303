import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Clock, systemClock } from '../../server/platform/clock.ts'
import { call, readEvents, send } from '../support/call.ts'
import { openStream } from '../support/open-stream.ts'
import { makeTenant, makeUser, type Person } from '../support/people.ts'
import { eventually, type Scenario, startScenario } from '../support/scenario.ts'

/** D11: the machine's time is set forward and back by an hour while answers stream. */

const hourMs = 3_600_000
let offsetMs = 2 * hourMs
/** Ahead of the machine's, whichever way it steps; time passes as it does. */
const clock: Clock = { now: () => new Date(Date.now() + offsetMs), monotonicMs: () => systemClock.monotonicMs() }

let scenario: Scenario
let user: Person

beforeAll(async () => {
  scenario = await startScenario({ clock, env: { ACCESS_TOKEN_EXPIRE_MINUTES: '1440' } })
  await makeTenant(scenario.app, scenario.superuser, 'acme')
  user = await makeUser(scenario.app, scenario.superuser, { tenant: 'acme' })
})
afterAll(() => scenario.stop())

test.each([
  ['forward', hourMs],
  ['back', -hourMs],
])('D11: an hour %s midway neither ends an answer nor shows in what it took', async (_way, stepMs) => {
  scenario.model.behave({ tokens: 100, delayMs: 10, firstTokenDelayMs: 100 })
  const startedMs = performance.now()
  const asked = await openStream(scenario.app, 'POST /chat/stream', {
    token: user.token,
    body: { message: 'Tell me', resumable: true },
  })
  await asked.until((text) => text.includes('word10 '))
  offsetMs += stepMs
  asked.drop()
  // Whoever was away comes back after an hour by the clock: the answer is still there.
  const back = await send(scenario.app, `GET /chat/streams/${asked.streamId}`, {
    token: user.token,
    headers: { 'last-event-id': String(asked.lastId) },
  })
  expect((await readEvents(back)).at(-1)).toMatchObject({ event: 'done', data: { finish_reason: 'stop' } })
  const tookMs = performance.now() - startedMs
  offsetMs -= stepMs

  const row = await eventually(async () => {
    const [found] = await scenario.sql`select * from usage_ledger where id = ${asked.streamId}`
    return found?.status === 'reserved' ? undefined : found
  })
  expect(row).toMatchObject({ status: 'completed', usage_source: 'provider' })
  expect(row.duration_ms).toBeWithin(1_000, Math.ceil(tookMs) + 1)
  expect(row.first_token_ms).toBeWithin(90, row.duration_ms)
  const line = await eventually(() =>
    scenario.app.logLines.find((each) => each.includes(`"stream_id":"${asked.streamId}"`)),
  )
  expect(JSON.parse(line).duration_ms).toBeWithin(0, Math.ceil(tookMs) + 1)
  const { body } = await call(scenario.app, `GET /chat/sessions/${asked.sessionId}/messages`, { token: user.token })
  expect(body.items.map(({ status }: { status: string }) => status)).toEqual(['completed', 'completed'])
})
