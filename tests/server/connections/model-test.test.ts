import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { call, type Reply } from '../../support/call.ts'
import { type FakeOpenAi, startFakeOpenAi } from '../../support/fake-openai.ts'
import { type FakeOpenAiBehaviour, upstreamCanary } from '../../support/fake-openai-answers.ts'
import { makeTenant, makeUser } from '../../support/people.ts'
import { platformKey, type Scenario, startScenario } from '../../support/scenario.ts'

let scenario: Scenario
let own: FakeOpenAi
let tenant = ''
let tenants = 0
const key = 'sk-tenant-canary-0123456789'

beforeAll(async () => {
  scenario = await startScenario()
  own = await startFakeOpenAi({ expectKey: key, strictModels: true, models: ['known-model'] })
})
beforeEach(() => {
  scenario.model.reset()
  own.reset()
  tenant = `tenant-${(tenants += 1)}`
})
afterAll(async () => {
  await scenario.stop()
  await own.stop()
})

const api = (route: string, body?: unknown): Promise<Reply> =>
  call(scenario.app, route, { token: scenario.superuser.token, body })
const testModel = (body?: unknown): Promise<Reply> => api(`POST /admin/tenants/${tenant}/model/test`, body)
const ownModel = (): Record<string, unknown> => ({
  model_provider: 'openai-compatible',
  model_base_url: own.url,
  model: 'known-model',
  model_api_key: key,
})
const audits = async (): Promise<Record<string, unknown>[]> =>
  Array.from(
    await scenario.sql<Record<string, unknown>[]>`
      select * from audit_log where tenant_id = ${tenant} and action = 'tenant.model_tested' order by at`,
  )

function expectShape(reply: Reply): void {
  expect(reply.status).toBe(200)
  expect(Object.keys(reply.body).sort()).toEqual(['ok', 'steps'])
  for (const step of reply.body.steps) {
    const { fixes = [], ...contracted } = step
    expect(Object.keys(contracted).sort()).toEqual(['detail', 'latency_ms', 'name', 'ok', 'remedy'])
    for (const { choices } of fixes) expect(choices).not.toEqual([])
    expect(step.detail).not.toBe('')
    expect(typeof step.latency_ms).toBe('number')
  }
  expect(reply.text).not.toContain(upstreamCanary)
  for (const secret of [key, platformKey]) expect(reply.text).not.toContain(secret)
}

const failedStep = (reply: Reply): string | undefined =>
  reply.body.steps.find((step: { ok: boolean }) => !step.ok)?.name

describe('POST …/model/test', () => {
  test('passes every step of what is stored, costs one tiny completion, and is one audit row', async () => {
    await makeTenant(scenario.app, scenario.superuser, tenant, ownModel())
    const reply = await testModel()
    expectShape(reply)
    expect(reply.body.ok).toBe(true)
    expect(reply.body.steps.map((step: { name: string; ok: boolean }) => [step.name, step.ok])).toEqual([
      ['address', true],
      ['key', true],
      ['model', true],
      ['answer', true],
    ])
    expect(own.requests).toHaveLength(1)
    expect(own.requests[0]?.body).toMatchObject({ model: 'known-model', max_tokens: 16 })
    const rows = await scenario.sql`select * from usage_ledger where tenant_id = ${tenant}`
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({ purpose: 'test', source: 'console', status: 'completed', model: 'known-model' })
    expect(rows[0]).toMatchObject({ usage_source: 'provider', user_id: scenario.superuser.id, cost_micro_usd: null })
    expect(rows[0]?.completion_tokens).toBeGreaterThan(0)
    expect(await audits()).toHaveLength(1)
  })

  test('of the platform’s model needs no key of the tenant', async () => {
    await makeTenant(scenario.app, scenario.superuser, tenant)
    const reply = await testModel({})
    expectShape(reply)
    expect(reply.body.ok).toBe(true)
    expect(scenario.model.requests.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${platformKey}`])
  })

  const failing: [string, string, FakeOpenAiBehaviour][] = [
    ['address', 'a redirect', { redirectTo: 'http://127.0.0.1:1/' }],
    ['key', '401', { status: 401 }],
    ['key', '403', { status: 403 }],
    ['key', 'no balance', { status: 402 }],
    ['model', '404', { status: 404 }],
    ['key', '429', { status: 429 }],
    ['address', '500', { status: 500 }],
    ['address', 'a web page', { html200: true }],
    ['address', 'an answer of another shape', { status: 200, body: `{"text":"${upstreamCanary}"}` }],
    ['address', 'broken JSON', { status: 200, body: `{"choices": [${upstreamCanary}` }],
    ['address', 'a gzip bomb', { gzipBomb: true }],
    ['address', 'an answer without end', { endlessErrorBody: true, status: 200 }],
  ]

  test.each(failing)(
    'the step %s fails at %s: 200 with a remedy, a failed ledger row, one audit row',
    async (...row) => {
      const [step, , behaviour] = row
      await makeTenant(scenario.app, scenario.superuser, tenant, ownModel())
      own.behave(behaviour)
      const reply = await testModel()
      expectShape(reply)
      expect([reply.body.ok, failedStep(reply)]).toEqual([false, step])
      const names = reply.body.steps.map((tested: { name: string }) => tested.name)
      expect(names).toEqual(['address', 'key', 'model', 'answer'])
      for (const tested of reply.body.steps) {
        expect(tested.remedy === null).toBe(tested.name !== step)
        if (names.indexOf(tested.name) > names.indexOf(step)) expect(tested.ok).toBe(false)
      }
      const rows = await scenario.sql`select status, prompt_tokens from usage_ledger where tenant_id = ${tenant}`
      expect(rows.map(({ status }) => status)).toEqual(['failed'])
      const audited = await audits()
      expect(audited.map(({ after }) => after)).toEqual([{ ok: false, failed_step: step, drafted: [] }])
    },
  )

  test('an address where nobody listens fails the step address', async () => {
    const closed = await startFakeOpenAi()
    await closed.stop()
    await makeTenant(scenario.app, scenario.superuser, tenant)
    const reply = await testModel({ ...ownModel(), model_base_url: closed.url })
    expectShape(reply)
    expect(failedStep(reply)).toBe('address')
  })

  test('an unknown model and a wrong key fail their steps as the provider tells them', async () => {
    await makeTenant(scenario.app, scenario.superuser, tenant, ownModel())
    expect(failedStep(await testModel({ model: 'unknown-model' }))).toBe('model')
    expect(failedStep(await testModel({ model_api_key: 'sk-wrong-0123456789' }))).toBe('key')
  })

  test('an unknown model is answered with those the provider has, the likest first, none that cannot chat', async () => {
    const several = await startFakeOpenAi({
      expectKey: key,
      strictModels: true,
      models: [
        'acme-large',
        'whisper-1',
        'text-embedding-3-small',
        'ft:acme:secret',
        `x ${upstreamCanary}`,
        'gpt-9',
        'gpt-9-mini',
      ],
    })
    try {
      await makeTenant(scenario.app, scenario.superuser, tenant)
      const reply = await testModel({ ...ownModel(), model_base_url: several.url, model: 'gpt-9-mimi' })
      expectShape(reply)
      expect(failedStep(reply)).toBe('model')
      const choices = ['gpt-9-mini', 'gpt-9', 'acme-large'].map((value) => ({ value, note: null }))
      expect(reply.body.steps[2].fixes).toEqual([{ field: 'model', choices }])
      expect(several.requests.map(({ path }) => path)).toEqual(['/v1/chat/completions', '/v1/models'])
    } finally {
      await several.stop()
    }
  })

  test('a provider that lists no models gives no choices', async () => {
    await makeTenant(scenario.app, scenario.superuser, tenant, ownModel())
    own.behave({ on: 'models', status: 500 })
    const reply = await testModel({ model: 'unknown-model' })
    expectShape(reply)
    expect(reply.body.steps[2].fixes).toBeUndefined()
  })

  test('an address without its version is answered with the one that has it', async () => {
    await makeTenant(scenario.app, scenario.superuser, tenant)
    own.behave({ html200: true })
    const bare = own.url.replace('/v1', '')
    const reply = await testModel({ ...ownModel(), model_base_url: bare })
    expectShape(reply)
    expect(reply.body.steps[0].fixes).toEqual([{ field: 'model_base_url', choices: [{ value: own.url, note: null }] }])
    own.behave({ html200: true })
    expect((await testModel(ownModel())).body.steps[0].fixes).toBeUndefined()
  })

  test('a draft is tested instead of what is stored, and nothing of it is saved or audited', async () => {
    await makeTenant(scenario.app, scenario.superuser, tenant, { model: 'gpt-4o-mini' })
    const before = (await api(`GET /admin/tenants/${tenant}`)).body
    expect((await testModel(ownModel())).body.ok).toBe(true)
    expect(own.requests).toHaveLength(1)
    expect(scenario.model.requests).toEqual([])
    expect((await api(`GET /admin/tenants/${tenant}`)).body).toEqual(before)
    const [audit] = await audits()
    expect(JSON.stringify(audit)).not.toContain(key)
    expect(audit?.after).toMatchObject({ ok: true, failed_step: null })
    const { drafted } = audit!.after as { drafted: string[] }
    expect(new Set(drafted)).toEqual(new Set(Object.keys(ownModel())))
  })

  test('what is not set up fails the step it is missing in, without any request', async () => {
    await makeTenant(scenario.app, scenario.superuser, tenant)
    for (const [step, body] of [
      ['key', { model_provider: 'deepseek' }],
      ['address', { model_provider: 'openai-compatible', model: 'x' }],
    ] as const) {
      const reply = await testModel(body)
      expectShape(reply)
      expect(failedStep(reply)).toBe(step)
    }
    expect(scenario.model.requests).toEqual([])
    expect(await audits()).toHaveLength(2)
  })

  test('of the offline model passes', async () => {
    await makeTenant(scenario.app, scenario.superuser, tenant, { model_provider: 'offline' })
    expect((await testModel()).body.ok).toBe(true)
  })

  test('ends within 10 seconds when the provider never answers', async () => {
    await makeTenant(scenario.app, scenario.superuser, tenant, ownModel())
    own.behave({ stallBeforeHeaders: true })
    const startedMs = performance.now()
    const reply = await testModel()
    expect(performance.now() - startedMs).toBeLessThan(10_000)
    expectShape(reply)
    expect(failedStep(reply)).toBe('address')
    expect(own.openConnections()).toBe(0)
  }, 15_000)

  test.each([
    ['an address of another kind', { model_base_url: 'ftp://example.com/v1', model_api_key: key }],
    ['a key with a space', { model_api_key: 'sk with spaces 0123' }],
    ['an unknown field', { temperature: 1 }],
    ['a list', []],
  ])('%s is 422, and nothing is asked', async (_name, body) => {
    await makeTenant(scenario.app, scenario.superuser, tenant)
    expect((await testModel(body)).status).toBe(422)
    expect(scenario.model.requests).toEqual([])
  })

  test('is for managers only', async () => {
    await makeTenant(scenario.app, scenario.superuser, tenant)
    const user = await makeUser(scenario.app, scenario.superuser, { tenant })
    const reply = await call(scenario.app, `POST /admin/tenants/${tenant}/model/test`, { token: user.token, body: {} })
    expect([reply.status, reply.body.code]).toEqual([403, 'auth.forbidden'])
    expect(scenario.model.requests).toEqual([])
    expect(await audits()).toEqual([])
  })
})
