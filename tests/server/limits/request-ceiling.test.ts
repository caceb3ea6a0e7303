import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { call } from '../../support/call.ts'
import { makeTenant, makeUser, signIn } from '../../support/people.ts'
import { type Scenario, startScenario } from '../../support/scenario.ts'

let scenario: Scenario

beforeAll(async () => {
  scenario = await startScenario({ env: { REQUESTS_PER_MINUTE_MAX: '60' } })
})
afterAll(() => scenario.stop())

describe('requests that call no model', () => {
  test('have a ceiling for each caller, whichever token it uses; model requests are not among them', async () => {
    await makeTenant(scenario.app, scenario.superuser, 'acme', { retrieval: 'off' })
    const user = await makeUser(scenario.app, scenario.superuser, { tenant: 'acme' })
    const again = await signIn(scenario.app, user.email)
    const statuses: number[] = []
    for (let n = 0; n < 70; n++) {
      const { token } = n % 2 === 0 ? user : again
      statuses.push((await call(scenario.app, 'GET /users/me', { token })).status)
    }
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
    expect((await call(scenario.app, 'GET /users/me', { token: other.token })).status).toBe(200)
  })
})
