import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { call } from '../../support/call.ts'
import { type FakeOpenAi, startFakeOpenAi } from '../../support/fake-openai.ts'
import { makeTenant, makeUser } from '../../support/people.ts'
import {
  ask,
  type Asked,
  chatsSentTo,
  eventually,
  platformKey,
  type Scenario,
  startScenario,
} from '../../support/scenario.ts'

let scenario: Scenario
let deepseek: FakeOpenAi
let own: FakeOpenAi
let tenants = 0
const tenantKey = 'sk-tenant-canary-0123456789'
const deepseekKey = 'sk-deepseek-canary-0123456789'

beforeAll(async () => {
  ;[deepseek, own] = await Promise.all([startFakeOpenAi(), startFakeOpenAi()])
  scenario = await startScenario({ env: { DEEPSEEK_API_KEY: deepseekKey, DEEPSEEK_BASE_URL: deepseek.url } })
})
beforeEach(() => {
  for (const fake of [scenario.model, deepseek, own]) fake.reset()
})
afterAll(async () => {
  await scenario.stop()
  await Promise.all([deepseek.stop(), own.stop()])
})

async function askAs(settings: Record<string, unknown>, on = scenario): Promise<Asked> {
  const id = `tenant-${(tenants += 1)}`
  await makeTenant(on.app, on.superuser, id, settings)
  const user = await makeUser(on.app, on.superuser, { tenant: id })
  return ask(on.app, { token: user.token, message: 'Hello' })
}

function only(fake: FakeOpenAi): ReturnType<typeof chatsSentTo>[number] {
  const sent = chatsSentTo(fake)
  expect(sent).toHaveLength(1)
  for (const other of [scenario.model, deepseek, own]) if (other !== fake) expect(other.requests).toEqual([])
  return sent[0]!
}

describe('which provider answers, with which key and model', () => {
  test('automatic without an own key: the platform’s openai at its own address', async () => {
    const { data } = await askAs({})
    const { headers, body } = only(scenario.model)
    expect(headers.authorization).toBe(`Bearer ${platformKey}`)
    expect(body).toMatchObject({ model: 'gpt-4o-mini', stream: true, max_completion_tokens: 4096 })
    expect(data('usage').model).toBe('gpt-4o-mini')
  })

  test('openai with the tenant’s own key at the platform’s address', async () => {
    await askAs({ model_api_key: tenantKey, model: 'gpt-4.1-mini', max_output_tokens: 77 })
    const { headers, body } = only(scenario.model)
    expect(headers.authorization).toBe(`Bearer ${tenantKey}`)
    expect(body).toMatchObject({ model: 'gpt-4.1-mini', max_completion_tokens: 77 })
    expect(JSON.stringify(headers)).not.toContain(platformKey)
  })

  test('deepseek by the platform’s deepseek key at deepseek’s address', async () => {
    const { data } = await askAs({ model_provider: 'deepseek' })
    const { headers, body } = only(deepseek)
    expect(headers.authorization).toBe(`Bearer ${deepseekKey}`)
    expect(body).toMatchObject({ model: 'deepseek-chat', max_tokens: 4096 })
    expect(data('usage').model).toBe('deepseek-chat')
    expect(JSON.stringify(headers)).not.toContain(platformKey)
  })

  test('deepseek with the tenant’s own key', async () => {
    await askAs({ model_provider: 'deepseek', model_api_key: tenantKey })
    const { headers } = only(deepseek)
    expect(headers.authorization).toBe(`Bearer ${tenantKey}`)
    expect(JSON.stringify(headers)).not.toContain(deepseekKey)
  })

  test('openai-compatible: the tenant’s own key at its own base URL, and no key of the platform', async () => {
    const settings = { model_provider: 'openai-compatible', model_base_url: `${own.url}/`, model: 'local-7b' }
    const { data } = await askAs({ ...settings, model_api_key: tenantKey })
    const { headers, body } = only(own)
    expect(headers.authorization).toBe(`Bearer ${tenantKey}`)
    expect(body).toMatchObject({ model: 'local-7b', max_tokens: 4096 })
    expect(data('usage')).toMatchObject({ model: 'local-7b', cost_micro_usd: null })
    expect(JSON.stringify(headers)).not.toContain(platformKey)
    expect(JSON.stringify(headers)).not.toContain(deepseekKey)
  })

  test('openai and deepseek take a base URL of the tenant’s own, too', async () => {
    for (const model_provider of ['openai', 'deepseek', null]) {
      own.reset()
      await askAs({ model_provider, model_base_url: own.url, model: 'proxied', model_api_key: tenantKey })
      expect(only(own).headers.authorization).toBe(`Bearer ${tenantKey}`)
    }
  })

  test('offline answers without key and network', async () => {
    const { text, data } = await askAs({ model_provider: 'offline', retrieval: 'keyword' })
    expect(text).toContain('no source')
    expect(data('usage')).toMatchObject({ model: 'offline', cost_micro_usd: 0 })
    for (const fake of [scenario.model, deepseek, own]) expect(fake.requests).toEqual([])
  })

  test('the key that is sent is in no log line, and neither is any other', async () => {
    await askAs({ model_api_key: tenantKey })
    const logged = scenario.app.logLines.join('\n')
    for (const key of [tenantKey, platformKey, deepseekKey]) expect(logged).not.toContain(key)
  })
})

/** Writes the row as whoever has the database could, and waits until the server knows. */
async function setBaseUrlBySql(tenant: string): Promise<void> {
  const { app, superuser, sql } = scenario
  await sql`update tenants set model_base_url = ${own.url}, model = 'x' where id = ${tenant}`
  const route = `GET /admin/tenants/${tenant}`
  await eventually(async () => (await call(app, route, { token: superuser.token })).body.model_base_url === own.url)
}

describe('the platform’s key goes only to the platform’s address', () => {
  test('a base URL without an own key is refused at save', async () => {
    const { app, superuser } = scenario
    const body = { id: 'greedy', name: 'Greedy', model_base_url: own.url, model: 'x' }
    const reply = await call(app, 'POST /admin/tenants', { token: superuser.token, body })
    expect([reply.status, reply.body.code]).toEqual([422, 'request.invalid'])
    expect(reply.body.errors[0].path).toBe('model_api_key')
  })

  test('a base URL that came into the row by SQL gets neither the platform’s key nor a request', async () => {
    const { app, superuser } = scenario
    await makeTenant(app, superuser, 'sneaky')
    const user = await makeUser(app, superuser, { tenant: 'sneaky' })
    await setBaseUrlBySql('sneaky')
    const reply = await call(app, 'POST /chat', { token: user.token, body: { message: 'Hi' } })
    expect([reply.status, reply.body.code]).toEqual([503, 'model.not_configured'])
    expect(own.requests).toEqual([])
  })

  test('C2: an own key whose address was changed by SQL is not sent there', async () => {
    const { app, superuser } = scenario
    await makeTenant(app, superuser, 'moved', { model_api_key: tenantKey })
    const user = await makeUser(app, superuser, { tenant: 'moved' })
    await setBaseUrlBySql('moved')
    const reply = await call(app, 'POST /chat', { token: user.token, body: { message: 'Hi' } })
    expect([reply.status, reply.body.code]).toEqual([503, 'model.not_configured'])
    expect(own.requests).toEqual([])
  })
})

describe('automatic choice goes on', () => {
  test('without an openai key to deepseek, and without that to offline, where it is allowed', async () => {
    const withDeepseek = await startScenario({
      env: { OPENAI_API_KEY: '', DEEPSEEK_API_KEY: deepseekKey, DEEPSEEK_BASE_URL: deepseek.url },
    })
    const { data } = await askAs({}, withDeepseek)
    expect(data('usage').model).toBe('deepseek-chat')
    expect(only(deepseek).headers.authorization).toBe(`Bearer ${deepseekKey}`)
    await withDeepseek.stop()
    const without = await startScenario({ env: { OPENAI_API_KEY: '' } })
    expect((await askAs({}, without)).data('usage').model).toBe('offline')
    await without.stop()
  })

  test('DEFAULT_MODEL and DEFAULT_SYSTEM_PROMPT apply where a tenant has none of its own', async () => {
    const env = { DEFAULT_MODEL: 'platform-default', DEFAULT_SYSTEM_PROMPT: 'Platform prompt.' }
    const withDefaults = await startScenario({ env })
    await askAs({}, withDefaults)
    await askAs({ model: 'tenant-model', system_prompt: 'Tenant prompt.' }, withDefaults)
    const sent = chatsSentTo(withDefaults.model).map(({ body }) => [body.model, body.messages[0]?.content])
    expect(sent).toEqual([
      ['platform-default', 'Platform prompt.'],
      ['tenant-model', 'Tenant prompt.'],
    ])
    await withDefaults.stop()
  })
})
