import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import { call } from '../support/call.ts'
import { makeTenant, makeUser, type Person } from '../support/people.ts'
import { ask, chatsSentTo, eventually, type Scenario, startScenario } from '../support/scenario.ts'

/** C5 and A10 against a tenant's own model, which may be hostile, and around answers that take long to begin. */

let scenario: Scenario
let user: Person
let tenants = 0
let tenant = ''

beforeAll(async () => {
  scenario = await startScenario()
})
beforeEach(async () => {
  scenario.model.reset()
  tenant = `tenant-${(tenants += 1)}`
  await makeTenant(scenario.app, scenario.superuser, tenant, { max_output_tokens: 500 })
  user = await makeUser(scenario.app, scenario.superuser, { tenant })
})
afterAll(() => scenario.stop())

const bytesMax = 8_000

test('C5: an answer longer than the tokens asked for can make ends with an error, and what was shown is kept', async () => {
  const { app, model, sql } = scenario
  // Characters of one to four bytes, so that the bound falls into one.
  model.behave({ deltas: Array.from({ length: 1_000 }, () => 'aé漢😀'), delayMs: 1 })
  const { events, text, data } = await ask(app, { token: user.token })
  expect(events.at(-1)?.event).toBe('error')
  expect(data('error')).toMatchObject({ code: 'model.upstream_error', status: 502, reason: 'too_large' })
  expect(events.map(({ event }) => event)).not.toContain('done')
  expect(Buffer.byteLength(text)).toBeGreaterThan(bytesMax - 4)
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(bytesMax)
  expect(text.isWellFormed()).toBe(true)
  await eventually(() => model.openConnections() === 0, 1_000)
  expect(model.requests[0]?.aborted).toBe(true)

  const path = `GET /chat/sessions/${data('start').session_id}/messages`
  const [, answer] = (await call(app, path, { token: user.token })).body.items
  expect(answer).toMatchObject({ role: 'assistant', status: 'failed', content: text })
  const rows = await sql`select status, lease_expires_at from usage_ledger where tenant_id = ${tenant}`
  expect(rows.map((row) => ({ ...row }))).toEqual([{ status: 'failed', lease_expires_at: null }])
  expect(app.services.openAnswers.size).toBe(0)
})

test('C5: one giant delta is bounded too, and POST /chat is a problem', async () => {
  const { app, model, sql } = scenario
  model.behave({ deltas: ['x'.repeat(100_000)] })
  const reply = await call(app, 'POST /chat', { token: user.token, body: { message: 'Hello?' } })
  expect(reply.status).toBe(502)
  expect(reply.body).toMatchObject({ code: 'model.upstream_error', reason: 'too_large' })
  const [row] = await sql`
    select length(content) as length, status from tenant.chat_messages
    where tenant_id = ${tenant} and role = 'assistant'`
  expect(row).toMatchObject({ length: bytesMax, status: 'failed' })
})

test('an answer that just fits is whole', async () => {
  scenario.model.behave({ deltas: Array.from({ length: 80 }, () => 'y'.repeat(100)) })
  const { events, text } = await ask(scenario.app, { token: user.token })
  expect([events.at(-1)?.event, text.length]).toEqual(['done', bytesMax])
})

test('C5: of a conversation only the newest messages that have 1 MiB together are read', async () => {
  const { app, model, sql } = scenario
  await call(app, `PATCH /admin/tenants/${tenant}`, {
    token: scenario.superuser.token,
    body: { model: 'gpt-4.1-mini' },
  })
  model.behave({ text: 'First answer' })
  const { data } = await ask(app, { token: user.token, message: 'First question' })
  const sessionId = data('start').session_id
  const tail = async (): Promise<string[]> => {
    model.behave({ text: 'Yes' })
    await ask(app, { token: user.token, body: { message: 'And now?', session_id: sessionId } })
    const { messages } = chatsSentTo(model).at(-1)?.body ?? { messages: [] }
    return messages.slice(1, -1).map(({ content }) => content)
  }
  expect(await tail()).toEqual(['First question', 'First answer'])
  await sql`update tenant.chat_messages set content = repeat('z', 1048576 - 10)
    where tenant_id = ${tenant} and content = 'First answer'`
  // Beside “And now?” and “Yes” it does not fit any more, and what is older does not come without it.
  expect(await tail()).toEqual(['And now?', 'Yes'])
})

const losses: [string, number, () => Promise<{ status: number }>][] = [
  ['the tenant is suspended', 403, () => change(`DELETE /admin/tenants/${tenant}`)],
  ['the user is disabled', 401, () => change(`PATCH /admin/users/${user.id}`, { is_active: false })],
]
const change = (route: string, body?: unknown) => call(scenario.app, route, { token: scenario.superuser.token, body })

for (const route of ['POST /chat/stream', 'POST /chat']) {
  test.each(losses)(`A10: when %s while the upstream opens, ${route} is refused`, async (_title, status, lose) => {
    const { app, model, sql } = scenario
    model.behave({ tokens: 10_000, delayMs: 20, headersDelayMs: 600 })
    const asked = call(app, route, { token: user.token, body: { message: 'Tell me everything' } })
    await eventually(() => model.requests.length === 1)
    expect([200, 204]).toContain((await lose()).status)
    const reply = await asked
    expect(reply.status).toBe(status)
    expect(reply.headers.get('content-type')).toBe('application/problem+json')
    expect(reply.text).not.toContain('word0')
    await eventually(() => model.openConnections() === 0, 1_000)
    const rows = await sql`select status, lease_expires_at from usage_ledger where tenant_id = ${tenant}`
    expect(rows.map((row) => ({ ...row }))).toEqual([{ status: 'aborted', lease_expires_at: null }])
    const stored = await sql`select role, status from tenant.chat_messages where tenant_id = ${tenant} order by id`
    expect(stored.map((row) => ({ ...row }))).toEqual([
      { role: 'user', status: 'completed' },
      { role: 'assistant', status: 'aborted' },
    ])
    expect(app.services.openAnswers.size).toBe(0)
  })
}
