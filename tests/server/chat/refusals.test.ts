import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { call, type Reply } from '../../support/call.ts'
import type { FakeOpenAiBehaviour } from '../../support/fake-openai-answers.ts'
import { upstreamCanary } from '../../support/fake-openai-answers.ts'
import { makeTenant, makeUser, type Person } from '../../support/people.ts'
import { type Scenario, startScenario } from '../../support/scenario.ts'

let scenario: Scenario
let tenants = 0

beforeAll(async () => {
  scenario = await startScenario({ env: { DEFAULT_MODEL: '' } })
})
beforeEach(() => {
  scenario.model.reset()
  scenario.pinecone.reset()
})
afterAll(() => scenario.stop())

async function makeAsker(settings: Record<string, unknown> = {}): Promise<Person & { tenant: string }> {
  const tenant = `asker-${(tenants += 1)}`
  await makeTenant(scenario.app, scenario.superuser, tenant, settings)
  return { tenant, ...(await makeUser(scenario.app, scenario.superuser, { tenant })) }
}

async function expectRefused(reply: Reply, status: number, code: string): Promise<void> {
  expect([reply.status, reply.body.code]).toEqual([status, code])
  expect(reply.headers.get('content-type')).toBe('application/problem+json')
  expect(reply.text).not.toContain(upstreamCanary)
}

async function expectNothingLeft(tenant: string): Promise<void> {
  const { sql } = scenario
  expect(await sql`select 1 from tenant.chat_sessions where tenant_id = ${tenant}`).toHaveLength(0)
  expect(await sql`select 1 from tenant.chat_messages where tenant_id = ${tenant}`).toHaveLength(0)
  expect(await sql`select 1 from usage_ledger where tenant_id = ${tenant} and status = 'reserved'`).toHaveLength(0)
}

const upstream: [string, FakeOpenAiBehaviour, number, string, string][] = [
  ['401', { status: 401 }, 502, 'model.upstream_error', 'key_refused'],
  ['402', { status: 402 }, 502, 'model.upstream_error', 'balance_exhausted'],
  ['404', { status: 404 }, 502, 'model.upstream_error', 'model_not_found'],
  ['429', { status: 429, retryAfter: '17' }, 502, 'model.upstream_error', 'rate_limited'],
  ['500', { status: 500 }, 502, 'model.upstream_error', 'provider_failing'],
  ['a web page', { html200: true }, 502, 'model.upstream_error', 'not_event_stream'],
  ['a redirect', { redirectTo: 'http://127.0.0.1:1/' }, 502, 'model.upstream_error', 'redirected'],
]

describe('C3: a provider that refuses before the stream', () => {
  test.each(upstream)('%s is a typed error on all three routes, and nothing is left behind', async (...row) => {
    const [, behaviour, status, code, reason] = row
    const asker = await makeAsker()
    const { app, superuser, sql } = scenario
    const preview = `POST /admin/tenants/${asker.tenant}/preview`
    for (const route of ['POST /chat/stream', 'POST /chat', preview]) {
      scenario.model.behave(behaviour)
      const token = route === preview ? superuser.token : asker.token
      const reply = await call(app, route, { token, body: { message: 'Hi' } })
      await expectRefused(reply, status, code)
      expect(reply.body.reason).toBe(reason)
      expect(reply.headers.get('retry-after')).toBe(behaviour.retryAfter ?? null)
    }
    await expectNothingLeft(asker.tenant)
    const rows = await sql`select * from usage_ledger where tenant_id = ${asker.tenant} order by created_at`
    expect(rows).toHaveLength(3)
    for (const row of rows) {
      expect(row).toMatchObject({ status: 'failed', prompt_tokens: 0, completion_tokens: 0, cached_tokens: 0 })
      expect(row).toMatchObject({ cost_micro_usd: '0', first_token_ms: null, lease_expires_at: null })
      expect(row.settled_at).toBeInstanceOf(Date)
    }
    expect(rows.map(({ purpose }) => purpose)).toEqual(['chat', 'chat', 'test'])
    expect(app.logLines.join('\n')).not.toContain(upstreamCanary)
  })

  test('a refused question in an old conversation is taken back, and the conversation stays', async () => {
    const asker = await makeAsker()
    const first = await call(scenario.app, 'POST /chat', { token: asker.token, body: { message: 'One' } })
    const { session_id } = first.body
    scenario.model.behave({ status: 500 })
    const refused = await call(scenario.app, 'POST /chat', { token: asker.token, body: { message: 'Two', session_id } })
    expect(refused.status).toBe(502)
    const path = `GET /chat/sessions/${session_id}/messages`
    const messages = await call(scenario.app, path, { token: asker.token })
    expect(messages.body.items.map((item: { content: string }) => item.content)).toEqual(['One', first.body.text])
  })

  test('a provider that fails once in passing is asked once more, and answers', async () => {
    const asker = await makeAsker()
    scenario.model.behave({ status: 503 })
    const reply = await call(scenario.app, 'POST /chat', { token: asker.token, body: { message: 'Hi' } })
    expect(reply.status).toBe(200)
    expect(scenario.model.requests).toHaveLength(2)
    expect(await scenario.sql`select 1 from usage_ledger where tenant_id = ${asker.tenant}`).toHaveLength(1)
  })
})

describe('what cannot be answered as it is set up', () => {
  test.each([
    ['a provider without a key', { model_provider: 'deepseek' }],
    ['a compatible provider without an address', { model_provider: 'openai-compatible', model: 'x' }],
  ])('%s is 503 model.not_configured, and nothing is left behind', async (_name, settings) => {
    const asker = await makeAsker(settings)
    const reply = await call(scenario.app, 'POST /chat/stream', { token: asker.token, body: { message: 'Hi' } })
    await expectRefused(reply, 503, 'model.not_configured')
    expect(scenario.model.requests).toEqual([])
    await expectNothingLeft(asker.tenant)
    expect(await scenario.sql`select 1 from usage_ledger where tenant_id = ${asker.tenant}`).toHaveLength(0)
  })

  test('semantic retrieval without an index, or with a failing one, is 502 retrieval.failed before any model', async () => {
    const without = await makeAsker({ retrieval: 'semantic' })
    const body = { message: 'Hi' }
    await expectRefused(await call(scenario.app, 'POST /chat', { token: without.token, body }), 502, 'retrieval.failed')
    expect(scenario.model.requests).toEqual([])
    const settings = { retrieval: 'semantic', pinecone_index: 'gone', pinecone_api_key: 'pcsk-unknown-0123' }
    const failing = await makeAsker(settings)
    await expectRefused(await call(scenario.app, 'POST /chat', { token: failing.token, body }), 502, 'retrieval.failed')
    expect(scenario.model.requests.map(({ path }) => path)).toEqual(['/v1/embeddings'])
    await expectNothingLeft(failing.tenant)
  })

  test('a tenant that is switched off is 403 tenant.inactive', async () => {
    const asker = await makeAsker()
    await call(scenario.app, `DELETE /admin/tenants/${asker.tenant}`, { token: scenario.superuser.token })
    const reply = await call(scenario.app, 'POST /chat/stream', { token: asker.token, body: { message: 'Hi' } })
    await expectRefused(reply, 403, 'tenant.inactive')
    expect(scenario.model.requests).toEqual([])
    await expectNothingLeft(asker.tenant)
  })

  test('without any tenant it is 400 tenant.required', async () => {
    const reply = await call(scenario.app, 'POST /chat', { token: scenario.superuser.token, body: { message: 'Hi' } })
    await expectRefused(reply, 400, 'tenant.required')
  })
})
