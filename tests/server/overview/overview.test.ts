import { afterAll, beforeAll, expect, test } from 'bun:test'
import { call } from '../../support/call.ts'
import { type FakeOpenAi, startFakeOpenAi } from '../../support/fake-openai.ts'
import { eventually } from '../../support/scenario.ts'
import { asOwner } from '../../support/owner-sql.ts'
import { makeSuperuser, makeTenant, makeUser, type Person } from '../../support/people.ts'
import { startApp, type TestApp } from '../../support/start-app.ts'

let app: TestApp
let openai: FakeOpenAi
let superuser: Person
let user: Person

beforeAll(async () => {
  openai = await startFakeOpenAi()
  app = await startApp({
    env: {
      OPENAI_API_KEY: 'sk-test-0123456789',
      OPENAI_BASE_URL: openai.url,
      DEFAULT_LIMITS: JSON.stringify({ tokens_per_month: 1_000_000, concurrent_streams: 20 }),
    },
  })
  superuser = await makeSuperuser(app)
  await makeTenant(app, superuser, 'acme')
  await makeTenant(app, superuser, 'idle')
  user = await makeUser(app, superuser, { tenant: 'acme' })
})
afterAll(async () => {
  await app.stop()
  await openai.stop()
})

const get = (path: string) => call(app, `GET ${path}`, { token: superuser.token })

test('Home shows totals, the period before, the busiest tenants and what is left to set up', async () => {
  await call(app, 'POST /chat', { token: user.token, body: { message: 'Hello' } })
  for (const range of ['24h', '7d', '30d']) {
    const { status, body } = await get(`/admin/overview?range=${range}`)
    expect(status).toBe(200)
    expect(body.totals).toMatchObject({ requests: 1, failed: 0 })
    expect(body.previous.requests).toBe(0)
    const sum = body.series.reduce((total: number, step: { requests: number }) => total + step.requests, 0)
    expect(sum).toBe(1)
    expect(body.previous_series).toHaveLength(body.series.length)
    expect(body.busiest.map((row: { tenant_id: string }) => row.tenant_id)).toEqual(['acme'])
  }
  const { body } = await get('/admin/overview')
  expect(body.tenants).toBe(2)
  const done = body.checklist.filter((item: { done: boolean }) => item.done).map((item: { step: string }) => item.step)
  expect(done).toEqual(['superuser', 'tenant', 'user', 'answer', 'model_key'])
})

test('a failing connection is listed with what it cost, and gone after the next success', async () => {
  openai.behave({ status: 401 })
  const refused = await call(app, 'POST /chat', { token: user.token, body: { message: 'Hello' } })
  expect(refused.status).toBe(502)
  await app.services.health.flush()
  const failing = (await get('/admin/overview')).body.failing_connections
  expect(failing).toMatchObject([{ tenant_id: 'acme', connection: 'model', code: 'key_refused', affected: 1 }])
  expect((await get('/admin/tenants/counts')).body).toMatchObject({ all: 2, active: 2, attention: 1 })
  const attention = await get('/admin/tenants?state=attention&include=usage,total')
  expect(attention.body).toMatchObject({ total: 1, items: [{ id: 'acme', failing: ['model'] }] })

  const answered = await call(app, 'POST /chat', { token: user.token, body: { message: 'Hello' } })
  expect(answered.status).toBe(200)
  await app.services.health.flush()
  expect((await get('/admin/overview')).body.failing_connections).toEqual([])
})

test('a list with usage carries each tenant’s figures, and sorts by them', async () => {
  const { body } = await get('/admin/tenants?include=usage&sort=-requests&limit=1')
  expect(body.items[0]).toMatchObject({ id: 'acme', effective: { provider: 'openai', retrieval: 'keyword' } })
  expect(body.items[0].usage.requests_7d).toBeGreaterThan(0)
  expect(body.items[0].usage.daily).toHaveLength(28)
  expect(body.items[0].usage.daily.at(-1)).toBe(body.items[0].usage.requests_7d)
  const next = await get(`/admin/tenants?include=usage&sort=-requests&limit=1&cursor=${body.next_cursor}`)
  expect(next.body.items[0]).toMatchObject({ id: 'idle', usage: { requests_7d: 0, last_active_at: null, daily: [] } })
  expect(next.body.next_cursor).toBeNull()
})

test('a tenant’s Overview is for its managers and tells only of that tenant', async () => {
  const acme = await get('/admin/tenants/acme/overview?range=24h')
  expect(acme.body.totals.requests).toBeGreaterThan(0)
  expect(acme.body.month.totals.requests).toBe(acme.body.totals.requests)
  expect(acme.body.changes.map((change: { action: string }) => change.action)).toEqual(['tenant.created'])
  expect(acme.body.connections).toMatchObject([{ connection: 'model', failing_since: null }])
  const idle = await get('/admin/tenants/idle/overview')
  expect(idle.body.totals).toMatchObject({ requests: 0, cost_micro_usd: null })
  expect(idle.body.effective).toEqual({
    provider: 'openai',
    model: 'gpt-4o-mini',
    retrieval: 'keyword',
    pinecone_index: null,
  })
  expect((await call(app, 'GET /admin/tenants/acme/overview', { token: user.token })).status).toBe(403)
})

test('a tenant’s month stands against the limits that are in force, and says whose they are', async () => {
  await makeTenant(app, superuser, 'bound', { limits: { tokens_per_month: 5_000, requests_per_minute: 60 } })
  const limitsOf = async (id: string) => (await get(`/admin/tenants/${id}/overview`)).body.month.limits
  const none = { limit: null, source: null }
  expect(await limitsOf('bound')).toEqual({
    requests_per_minute: { limit: 60, source: 'tenant' },
    tokens_per_minute: none,
    concurrent_streams: { limit: 20, source: 'platform' },
    tokens_per_month: { limit: 5_000, source: 'tenant' },
    cost_per_month_micro_usd: none,
  })
  expect(await limitsOf('idle')).toMatchObject({
    requests_per_minute: none,
    concurrent_streams: { limit: 20, source: 'platform' },
    tokens_per_month: { limit: 1_000_000, source: 'platform' },
  })
})

test('the counts of a tenant’s tabs are its own, and tell a failing connection', async () => {
  const counts = async (tenant: string) => (await get(`/admin/tenants/${tenant}/counts`)).body
  expect(await counts('acme')).toEqual({ users: 1, prompt_version: null, failing: [] })
  expect(await counts('idle')).toEqual({ users: 0, prompt_version: null, failing: [] })

  const changed = await call(app, 'PATCH /admin/tenants/acme', {
    token: superuser.token,
    body: { system_prompt: 'Answer briefly.' },
  })
  expect(changed.status).toBe(200)
  openai.behave({ status: 401 })
  await call(app, 'POST /chat', { token: user.token, body: { message: 'Hello' } })
  await app.services.health.flush()
  expect(await counts('acme')).toEqual({ users: 1, prompt_version: 1, failing: ['model'] })
  expect((await call(app, 'GET /admin/tenants/acme/counts', { token: user.token })).status).toBe(403)
})

test('a change is told by what really changed, with values short enough for a sentence and the prompt’s version', async () => {
  await makeTenant(app, superuser, 'tern', { model: 'gpt-4.1-mini', model_provider: 'openai' })
  const change = (body: Record<string, unknown>) =>
    call(app, 'PATCH /admin/tenants/tern', { token: superuser.token, body })
  await change({ system_prompt: 'You know terns. '.repeat(20) })
  await change({ model: 'gpt-4.1-mini', max_output_tokens: 900 })
  await change({ limits: { tokens_per_month: 5_000, soft: { tokens_per_month: 4_000 } } })
  await change({ limits: { soft: { tokens_per_month: null }, per_user: { concurrent_streams: 2 } } })
  await change({ model_api_key: 'sk-secret-0123456789' })
  await call(app, 'POST /admin/tenants/tern/model/test', { token: superuser.token, body: {} })

  const { body, text } = await get('/admin/tenants/tern/overview')
  const changes: { action: string; fields: string[]; values: Record<string, unknown>; actor: string }[] = body.changes
  expect(changes.map(({ action, fields, values }) => [action, fields, values]).slice(0, 5)).toEqual([
    ['tenant.updated', ['model_api_key'], {}],
    [
      'tenant.updated',
      ['limits.per_user.concurrent_streams', 'limits.soft.tokens_per_month'],
      { 'limits.soft.tokens_per_month': null, 'limits.per_user.concurrent_streams': 2 },
    ],
    [
      'tenant.updated',
      ['limits.soft.tokens_per_month', 'limits.tokens_per_month'],
      { 'limits.tokens_per_month': 5_000, 'limits.soft.tokens_per_month': 4_000 },
    ],
    ['tenant.updated', ['max_output_tokens'], { max_output_tokens: 900 }],
    ['tenant.updated', ['version', 'system_prompt'], { version: 1 }],
  ])
  expect(changes.at(-1)?.action).toBe('tenant.created')
  expect(changes.map(({ action }) => action)).not.toContain('tenant.model_tested')
  expect(changes[0]?.actor).toBe(superuser.email)
  expect(text).not.toContain('sk-secret')
  expect(text).not.toContain('You know terns')
})

test('the period before is summed up to the same moment of it, its series to its end', async () => {
  await makeTenant(app, superuser, 'swift')
  const { from } = (await get('/admin/tenants/swift/overview')).body
  // The last instant of the week before has no counterpart yet in a week whose last step is not over.
  const agesMs = [1, 3 * 3_600_000]
  await asOwner(app, async (sql) => {
    for (const ageMs of agesMs) {
      await sql`
        insert into usage_ledger (id, tenant_id, source, purpose, provider, model, prompt_tokens, completion_tokens,
          status, usage_source, request_id, created_at)
        values (gen_random_uuid(), 'swift', 'api', 'chat', 'offline', 'offline', 10, 5, 'completed', 'estimated', 'r',
          ${new Date(Date.parse(from) - ageMs)})`
    }
  })
  const { body } = await get('/admin/tenants/swift/overview')
  const requests: number[] = body.previous_series.map((step: { requests: number }) => step.requests)
  expect(requests.slice(-2)).toEqual([1, 1])
  expect(body.previous.requests).toBe(1)
  expect(body.totals.requests).toBe(0)
})

test('the Pinecone index of a tenant is the one of its own key, and none without a key', async () => {
  await makeTenant(app, superuser, 'auk', { pinecone_index: 'auk-docs' })
  const effective = async () => (await get('/admin/tenants/auk/overview')).body.effective
  expect(await effective()).toMatchObject({ pinecone_index: null, retrieval: 'keyword' })
  const keyed = await call(app, 'PATCH /admin/tenants/auk', {
    token: superuser.token,
    body: { pinecone_api_key: 'pcsk_0123456789' },
  })
  expect(keyed.status).toBe(200)
  expect(await effective()).toMatchObject({ pinecone_index: 'auk-docs', retrieval: 'hybrid' })
})

test('a tenant’s own user ticks the step of users as well as one that was assigned', async () => {
  const isTicked = async (): Promise<boolean> => {
    const { checklist } = (await get('/admin/overview')).body
    return checklist.find(({ step }: { step: string }) => step === 'user').done
  }
  await asOwner(app, (sql) => sql`update users set tenant_id = null`)
  expect(await isTicked()).toBe(false)
  const body = { email: 'own@people.example', password: 'a long enough password' }
  const made = await call(app, 'POST /admin/tenants/idle/users', { token: superuser.token, body })
  expect(made.status).toBe(201)
  expect(await isTicked()).toBe(true)
})

test('a limit that refused somebody within a day is told with its tenant, counter and number, each limit once', async () => {
  await makeTenant(app, superuser, 'strict', { limits: { concurrent_streams: 0 } })
  const other = await makeUser(app, superuser, { tenant: 'strict' })
  expect((await get('/admin/overview')).body.refusals).toEqual([])
  for (let asked = 0; asked < 3; asked++) {
    const reply = await call(app, 'POST /chat', { token: other.token, body: { message: 'Hello' } })
    expect(reply.status).toBe(429)
  }
  const refusals = await eventually(async () => {
    const { body } = await get('/admin/overview')
    return body.refusals[0]?.requests === 3 ? body.refusals : undefined
  })
  expect(refusals).toEqual([
    {
      tenant_id: 'strict',
      tenant_name: 'Tenant strict',
      name: 'concurrent_streams',
      scope: 'tenant',
      requests: 3,
      last_at: expect.any(String),
    },
  ])
})
