import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { call } from '../support/call.ts'
import { type FakeOpenAiBehaviour, upstreamCanary } from '../support/fake-openai-answers.ts'
import { makeTenant, makeUser, type Person } from '../support/people.ts'
import { ask, eventually, type Scenario, startScenario } from '../support/scenario.ts'

/** C3, C4, C5 at the API: a provider that fails after its 200 never looks like an answer. */

let scenario: Scenario
let user: Person
let tenants = 0
let tenant = ''

beforeAll(async () => {
  scenario = await startScenario({ modelDeadlines: { firstTokenMs: 600, idleMs: 300, totalMs: 1_500 } })
})
beforeEach(async () => {
  scenario.model.reset()
  tenant = `tenant-${(tenants += 1)}`
  await makeTenant(scenario.app, scenario.superuser, tenant)
  user = await makeUser(scenario.app, scenario.superuser, { tenant })
})
afterAll(() => scenario.stop())

const words = ['one ', 'two ', 'three ', 'four']
const failures: [string, FakeOpenAiBehaviour, object, string][] = [
  ['C3: malformed SSE', { malformedSse: true }, { status: 502, reason: 'malformed' }, words.join('')],
  ['C3: an error frame', { errorFrameAfter: 2 }, { status: 502, reason: 'provider_failing' }, 'one two '],
  ['C3: cut without a finish reason', { cutAfter: 3 }, { status: 502, reason: 'cut' }, 'one two three '],
  ['C3: cut before the first token', { cutAfter: 0 }, { status: 502, reason: 'cut' }, ''],
  ['C3: a broken connection', { resetAfter: 2 }, { status: 502, reason: 'cut' }, 'one two '],
  ['C4: silence before the first token', { stallAfter: 0 }, { status: 504, deadline: 'first_token' }, ''],
  ['C4: silence after the first token', { stallAfter: 1 }, { status: 504, deadline: 'idle' }, 'one '],
  ['C4: one byte now and then', { oneByteEveryMs: 100 }, { status: 504, deadline: 'first_token' }, ''],
  ['C4: an answer without end', { tokens: 400, delayMs: 20 }, { status: 504, deadline: 'total' }, 'word0 '],
  ['C5: a line without end', { endlessLine: true }, { status: 502, reason: 'too_large' }, ''],
]

describe.each(failures)('%s', (_name, behaviour, problem, generated) => {
  const fails = (): void => scenario.model.behave({ deltas: behaviour.tokens ? undefined : words, ...behaviour })

  test('ends the stream with a typed error, keeps what came as failed, and is counted once', async () => {
    const { app, model, sql } = scenario
    fails()
    const { events, text, data, response } = await ask(app, { token: user.token })
    const code = 'deadline' in problem ? 'model.timeout' : 'model.upstream_error'
    expect(events.at(-1)?.event).toBe('error')
    const fields = { ...problem, code, type: `urn:tenantry:error:${code}` }
    expect(data('error')).toMatchObject({ ...fields, request_id: response.headers.get('x-request-id') })
    expect(data('error').title).toBeString()
    expect(data('error').detail).toBeString()
    expect(events.map(({ event }) => event)).not.toContain('done')
    expect(events.map(({ event }) => event)).not.toContain('usage')
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => String(index + 1)))
    expect(text).toStartWith(generated)
    if (!behaviour.tokens) expect(text).toBe(generated)

    const path = `GET /chat/sessions/${data('start').session_id}/messages`
    const [, answer] = (await call(app, path, { token: user.token })).body.items
    expect(answer).toMatchObject({ id: data('start').message_id, role: 'assistant', status: 'failed', content: text })
    const rows = await sql`select * from usage_ledger where tenant_id = ${tenant}`
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({ status: 'failed', usage_source: 'estimated', lease_expires_at: null })
    expect(rows[0]?.prompt_tokens).toBeGreaterThan(0)
    expect(rows[0]?.completion_tokens > 0).toBe(text !== '')
    expect(model.requests).toHaveLength(1)
    await eventually(() => model.openConnections() === 0, 1_000)
    expect(JSON.stringify(events)).not.toContain(upstreamCanary)
    expect(app.logLines.join('\n')).not.toContain(upstreamCanary)
  })

  test('is a problem of POST /chat, stored and counted the same way', async () => {
    const { app, sql } = scenario
    fails()
    const reply = await call(app, 'POST /chat', { token: user.token, body: { message: 'Hello?' } })
    expect(reply.body).toMatchObject(problem)
    expect(reply.headers.get('content-type')).toBe('application/problem+json')
    expect(reply.text).not.toContain(upstreamCanary)
    const rows = await sql`select status from usage_ledger where tenant_id = ${tenant}`
    expect(rows.map(({ status }) => status)).toEqual(['failed'])
    const stored = await sql`select role, status from tenant.chat_messages where tenant_id = ${tenant} order by id`
    expect(stored.map((row) => ({ ...row }))).toEqual([
      { role: 'user', status: 'completed' },
      { role: 'assistant', status: 'failed' },
    ])
  })
})

const refusals: [string, FakeOpenAiBehaviour, number, object][] = [
  [
    'C4: silence before the headers',
    { stallBeforeHeaders: true },
    504,
    { code: 'model.timeout', deadline: 'first_token' },
  ],
  ['C5: an error body without end', { endlessErrorBody: true, status: 400 }, 502, { code: 'model.upstream_error' }],
  ['C5: a gzip bomb', { gzipBomb: true }, 502, { code: 'model.upstream_error', reason: 'malformed' }],
]

test.each(refusals)(
  '%s is refused before the stream, and the upstream is closed',
  async (_n, behaviour, status, body) => {
    const { app, model, sql } = scenario
    model.behave(behaviour)
    const reply = await call(app, 'POST /chat/stream', { token: user.token, body: { message: 'Hello?' } })
    expect(reply.status).toBe(status)
    expect(reply.body).toMatchObject(body)
    expect(reply.text).not.toContain(upstreamCanary)
    await eventually(() => model.openConnections() === 0, 1_000)
    expect(await sql`select 1 from tenant.chat_messages where tenant_id = ${tenant}`).toHaveLength(0)
    const rows = await sql`select status, prompt_tokens from usage_ledger where tenant_id = ${tenant}`
    expect(rows.map((row) => ({ ...row }))).toEqual([{ status: 'failed', prompt_tokens: 0 }])
  },
)

test('C3: a finish without usage is an answer; its usage is estimated and said to be', async () => {
  scenario.model.behave({ deltas: words, stallAfterFinish: true })
  const { events, data } = await ask(scenario.app, { token: user.token })
  expect(events.at(-1)?.event).toBe('done')
  expect(data('usage').usage_source).toBe('estimated')
})
