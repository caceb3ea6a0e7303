import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import { call, type CallOptions, iterateEvents, send } from '../../support/call.ts'
import { makeTenant, makeUser, type Person } from '../../support/people.ts'
import { ask, eventually, type Scenario, startScenario } from '../../support/scenario.ts'

let scenario: Scenario
let user: Person

beforeAll(async () => {
  scenario = await startScenario()
  await makeTenant(scenario.app, scenario.superuser, 'acme')
  user = await makeUser(scenario.app, scenario.superuser, { tenant: 'acme' })
})
beforeEach(() => scenario.model.reset())
afterAll(() => scenario.stop())

const linesOf = (requestId: string | null): Record<string, unknown>[] =>
  scenario.app.logLines
    .map((line): Record<string, unknown> => JSON.parse(line))
    .filter((line) => line.request_id === requestId && line.msg === 'request')

/** The line of a request, once there is one; fails when there are more. */
async function lineOf(response: { headers: Headers }): Promise<Record<string, unknown> | undefined> {
  const id = response.headers.get('x-request-id')
  await eventually(() => linesOf(id).length > 0)
  expect(linesOf(id)).toHaveLength(1)
  return linesOf(id)[0]
}

test('a request is one line with who asked, where, and how it ended', async () => {
  const found = await lineOf(await call(scenario.app, 'GET /chat/sessions?q=canary', { token: user.token }))
  expect(found).toMatchObject({
    level: 'info',
    method: 'GET',
    route: '/chat/sessions',
    status: 200,
    user_id: user.id,
    tenant_id: 'acme',
  })
  expect(found).not.toHaveProperty('code')
  expect(JSON.stringify(found)).not.toContain('canary')
  const refused = await lineOf(await call(scenario.app, 'GET /admin/users', { token: user.token }))
  expect(refused).toMatchObject({ status: 403, code: 'auth.forbidden', user_id: user.id, route: '/admin/users' })
})

test('a request that its tenant cannot serve names the tenant', async () => {
  await makeTenant(scenario.app, scenario.superuser, 'asleep')
  const sleeper = await makeUser(scenario.app, scenario.superuser, { tenant: 'asleep' })
  await call(scenario.app, 'DELETE /admin/tenants/asleep', { token: scenario.superuser.token })
  const reply = await call(scenario.app, 'GET /chat/sessions', { token: sleeper.token })
  expect(await lineOf(reply)).toMatchObject({ status: 403, code: 'tenant.inactive', tenant_id: 'asleep' })
})

test('the status of a line is the one that was sent, whatever answered', async () => {
  const { token } = user
  const asked: [route: string, options: CallOptions, status: number][] = [
    ['GET /', {}, 302],
    ['GET /nothing/here', {}, 404],
    ['HEAD /nothing/here', {}, 404],
    ['PUT /auth/login', {}, 404],
    ['GET /chat/streams/none', { token }, 204],
    ['GET /swagger/assets/none', {}, 404],
    ['GET /a%00', {}, 400],
    ['POST /chat', { token, body: {} }, 422],
    ['POST /chat', { token, raw: '{' }, 400],
    ['POST /chat', { token, raw: 'x'.repeat(3_000_000) }, 413],
    ['POST /v1/chat/completions', { token, body: {} }, 400],
  ]
  for (const [route, options, status] of asked) {
    const reply = await call(scenario.app, route, options)
    expect([route, reply.status]).toEqual([route, status])
    expect([route, (await lineOf(reply))?.status]).toEqual([route, status])
  }
})

test('B7: an API key in a path, where it has no business, is not logged', async () => {
  const { token } = scenario.superuser
  const made = await call(scenario.app, 'POST /admin/tenants/acme/api-keys', { token, body: { name: 'Lost' } })
  const { secret } = made.body
  for (const path of [
    `/v1/${secret}`,
    `/${secret}/v1/models`,
    `/v1/models/${secret}`,
    `/v1/models?api_key=${secret}`,
  ]) {
    expect(await lineOf(await call(scenario.app, `GET ${path}`, { token: secret }))).toBeDefined()
  }
  expect(scenario.app.logLines.filter((line) => line.includes(secret.slice(0, 20)))).toEqual([])
})

test('the line of a stream is written when it ends, with its id and its whole duration', async () => {
  scenario.model.behave({ deltas: ['a', 'b', 'c'], delayMs: 100 })
  const response = await send(scenario.app, 'POST /chat/stream', { token: user.token, body: { message: 'Hi' } })
  const events = iterateEvents(response)
  const start = await events.next()
  expect(linesOf(response.headers.get('x-request-id'))).toEqual([])
  while (!(await events.next()).done);
  const found = await lineOf(response)
  expect(found).toMatchObject({
    route: '/chat/stream',
    status: 200,
    tenant_id: 'acme',
    user_id: user.id,
    stream_id: start.value?.data.stream_id,
  })
  expect(Number(found?.duration_ms)).toBeGreaterThan(250)
})

test('a stream that ends with a problem says which, and one whose reader left says that', async () => {
  scenario.model.behave({ cutAfter: 1 })
  const { response } = await ask(scenario.app, { token: user.token })
  expect(await lineOf(response)).toMatchObject({ status: 200, code: 'model.upstream_error' })

  scenario.model.behave({ tokens: 1_000, delayMs: 20 })
  const leaving = new AbortController()
  const left = await send(scenario.app, 'POST /chat/stream', {
    token: user.token,
    body: { message: 'Hi' },
    signal: leaving.signal,
  })
  await iterateEvents(left).next()
  leaving.abort()
  expect(await lineOf(left)).toMatchObject({ status: 200, code: 'request.aborted' })
})

test('every line written during a request carries its ids (redaction: B7)', async () => {
  scenario.model.behave({ status: 500 }, { sticky: true })
  const { headers } = await call(scenario.app, 'POST /chat', { token: user.token, body: { message: 'canary-text' } })
  const id = headers.get('x-request-id') ?? 'none'
  await eventually(() => linesOf(id).length > 0)
  const lines = scenario.app.logLines.filter((line) => line.includes(id))
  expect(lines.length).toBeGreaterThan(1)
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ request_id: id, tenant_id: 'acme' })
  expect(scenario.app.logLines.join('\n')).not.toContain('canary-text')
})
