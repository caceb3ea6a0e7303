import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import { call } from '../../support/call.ts'
import { makeTenant, makeUser, type Person } from '../../support/people.ts'
import { ask, chatsSentTo, type Scenario, startScenario } from '../../support/scenario.ts'

let scenario: Scenario
let owner: Person
const route = 'POST /admin/tenants/acme/preview'
const builtIn = 'You are a helpful assistant.'

beforeAll(async () => {
  scenario = await startScenario()
  owner = await makeUser(scenario.app, scenario.superuser, { is_owner: true })
  const settings = { system_prompt: 'The stored prompt.', owner_id: owner.id }
  await makeTenant(scenario.app, scenario.superuser, 'acme', settings)
})
beforeEach(() => scenario.model.reset())
afterAll(() => scenario.stop())

const sentMessages = (): string[] =>
  chatsSentTo(scenario.model)
    .at(-1)!
    .body.messages.map(({ role, content }) => `${role}: ${content}`)

test('a preview streams the contract’s events and keeps nothing but a ledger row of purpose test', async () => {
  const { app, superuser, sql } = scenario
  const before = await sql`select 1 from usage_ledger`
  const { events, data, text, response } = await ask(app, { token: superuser.token, route, message: 'Who are you?' })
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  expect(events.map(({ event }) => event).filter((name) => name !== 'delta')).toEqual(['start', 'usage', 'done'])
  expect(data('start').session_id).toBeNull()
  expect(text).toContain('The stored prompt.')
  expect(await sql`select 1 from tenant.chat_sessions`).toHaveLength(0)
  expect(await sql`select 1 from tenant.chat_messages`).toHaveLength(0)
  const rows = await sql`select * from usage_ledger order by created_at`
  expect(rows).toHaveLength(before.length + 1)
  expect(rows.at(-1)).toMatchObject({
    tenant_id: 'acme',
    user_id: superuser.id,
    source: 'console',
    purpose: 'test',
    status: 'completed',
    usage_source: 'provider',
    prompt_tokens: data('usage').prompt_tokens,
  })
})

test('a draft of the prompt and a made-up history take the place of what is stored, for this once', async () => {
  const { app, superuser } = scenario
  const history = [
    { role: 'user', content: 'Earlier question' },
    { role: 'assistant', content: 'Earlier answer' },
  ]
  const body = { message: 'Now', system_prompt: 'A draft.', history }
  await ask(app, { token: superuser.token, route, body })
  expect(sentMessages()).toEqual([
    'system: A draft.',
    'user: Earlier question',
    'assistant: Earlier answer',
    'user: Now',
  ])
  await ask(app, { token: superuser.token, route, body: { message: 'Now', system_prompt: null } })
  expect(sentMessages()[0]).toStartWith(`system: ${builtIn}`)
  await ask(app, { token: superuser.token, route, body: { message: 'Now' } })
  expect(sentMessages()).toEqual(['system: The stored prompt.', 'user: Now'])
  const tenant = await call(app, 'GET /admin/tenants/acme', { token: superuser.token })
  expect(tenant.body.system_prompt).toBe('The stored prompt.')
})

test('the tenant’s owner may preview; its users and other owners may not, and no model is called', async () => {
  const { app, superuser } = scenario
  expect((await ask(app, { token: owner.token, route })).events.at(-1)?.event).toBe('done')
  scenario.model.reset()
  const user = await makeUser(app, superuser, { tenant: 'acme' })
  const otherOwner = await makeUser(app, superuser, { is_owner: true })
  const asUser = await call(app, route, { token: user.token, body: { message: 'x' } })
  expect([asUser.status, asUser.body.code]).toEqual([403, 'auth.forbidden'])
  const asOther = await call(app, route, { token: otherOwner.token, body: { message: 'x' } })
  expect([asOther.status, asOther.body.code]).toEqual([404, 'tenant.not_found'])
  expect(scenario.model.requests).toEqual([])
})

test.each([
  ['a role that is none', { message: 'x', history: [{ role: 'system', content: 'x' }] }],
  [
    '41 messages of history',
    { message: 'x', history: Array.from({ length: 41 }, () => ({ role: 'user', content: 'x' })) },
  ],
  ['a history message without text', { message: 'x', history: [{ role: 'user', content: '' }] }],
  ['an unknown field inside the history', { message: 'x', history: [{ role: 'user', content: 'x', extra: 1 }] }],
  ['a prompt of 100,001 characters', { message: 'x', system_prompt: 'x'.repeat(100_001) }],
])('%s is 422, and no model is called', async (_name, body) => {
  const reply = await call(scenario.app, route, { token: scenario.superuser.token, body })
  expect([reply.status, reply.body.code]).toEqual([422, 'request.invalid'])
  expect(scenario.model.requests).toEqual([])
})

test('a tenant that is switched off has no preview, and no model is called', async () => {
  const { app, superuser } = scenario
  await makeTenant(app, superuser, 'off', { is_active: false })
  const body = { message: 'x' }
  const reply = await call(app, 'POST /admin/tenants/off/preview', { token: superuser.token, body })
  expect([reply.status, reply.body.code]).toEqual([403, 'tenant.inactive'])
  expect(scenario.model.requests).toEqual([])
})
