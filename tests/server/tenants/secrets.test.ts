import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { call, type Reply } from '../../support/call.ts'
import { type FakeOpenAi, startFakeOpenAi } from '../../support/fake-openai.ts'
import { makeTenant, makeUser } from '../../support/people.ts'
import { type Scenario, startScenario } from '../../support/scenario.ts'

let scenario: Scenario
let thief: FakeOpenAi
let tenant = ''
let tenants = 0
const key = 'sk-tenant-canary-0123456789'
const other = 'sk-second-canary-9876543210'

beforeAll(async () => {
  scenario = await startScenario()
  thief = await startFakeOpenAi()
})
beforeEach(() => {
  thief.reset()
  scenario.model.reset()
  tenant = `tenant-${(tenants += 1)}`
})
afterAll(async () => {
  await scenario.stop()
  await thief.stop()
})

const api = (route: string, body?: unknown): Promise<Reply> =>
  call(scenario.app, route, { token: scenario.superuser.token, body })
const change = (body: unknown): Promise<Reply> => api(`PATCH /admin/tenants/${tenant}`, body)

describe('a tenant’s secrets', () => {
  test.each(['model_api_key', 'pinecone_api_key'])('%s: {set, last4, updated_at}, never the key', async (field) => {
    const made = await api('POST /admin/tenants', { id: tenant, name: 'X', [field]: key })
    expect(made.body[field]).toEqual({ set: true, last4: '6789', updated_at: expect.any(String) })
    const kept = await change({ name: 'Y' })
    expect(kept.body[field]).toEqual(made.body[field])
    const replaced = await change({ [field]: other })
    expect(replaced.body[field]).toMatchObject({ set: true, last4: '3210' })
    expect(replaced.body[field].updated_at > made.body[field].updated_at).toBe(true)
    const removed = await change({ [field]: null })
    expect(removed.body[field]).toEqual({ set: false, last4: null, updated_at: null })
    const [row] = await scenario.sql`select * from tenants where id = ${tenant}`
    expect(row?.[field]).toBeNull()
    expect((await change({ [field]: { set: true } })).status).toBe(422)

    const list = await api('GET /admin/tenants')
    const audit = await api(`GET /admin/audit?tenant_id=${tenant}`)
    const seen = [made, kept, replaced, removed, list, audit].map(({ text }) => text).join('\n')
    for (const secret of [key, other]) {
      expect(seen).not.toContain(secret)
      expect(scenario.app.logLines.join('\n')).not.toContain(secret)
    }
  })

  test('are sealed in the row, and differ though the key is the same', async () => {
    await makeTenant(scenario.app, scenario.superuser, tenant, { model_api_key: key, pinecone_api_key: key })
    const [row] = await scenario.sql`select model_api_key, pinecone_api_key from tenants where id = ${tenant}`
    expect(row?.model_api_key).toMatch(/^v1\.[^.]+\.[^.]+\.[^.]+$/)
    expect(row?.model_api_key).not.toBe(row?.pinecone_api_key)
    expect(JSON.stringify(row)).not.toContain(key)
  })
})

describe('C2: a stored key is never sent to an address it was not entered for', () => {
  const base = (): Record<string, unknown> => ({
    model_provider: 'openai-compatible',
    model: 'x',
    model_base_url: thief.url,
  })

  test.each([
    ['another base URL', () => ({ model_base_url: thief.url })],
    ['another provider', () => ({ model_provider: 'deepseek' })],
    ['both', () => base()],
  ])('%s without the key is 422, nothing is saved, and the new host sees nothing', async (_name, makeChange) => {
    const { app, superuser } = scenario
    await makeTenant(app, superuser, tenant, { model_provider: 'openai', model_api_key: key, model: 'gpt-4o-mini' })
    const before = (await api(`GET /admin/tenants/${tenant}`)).body
    const refused = await change(makeChange())
    expect([refused.status, refused.body.code]).toEqual([422, 'request.invalid'])
    expect(refused.body.errors[0].path).toBe('model_api_key')
    expect((await api(`GET /admin/tenants/${tenant}`)).body).toEqual(before)
    const user = await makeUser(app, superuser, { tenant })
    expect((await call(app, 'POST /chat', { token: user.token, body: { message: 'Hi' } })).status).toBe(200)
    expect(thief.requests).toEqual([])
  })

  test('with the key entered again it is saved, and the new host gets that key', async () => {
    const { app, superuser } = scenario
    await makeTenant(app, superuser, tenant, { model_api_key: key })
    expect((await change({ ...base(), model_api_key: other })).status).toBe(200)
    const user = await makeUser(app, superuser, { tenant })
    expect((await call(app, 'POST /chat', { token: user.token, body: { message: 'Hi' } })).status).toBe(200)
    expect(thief.requests.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${other}`])
    expect(JSON.stringify(thief.requests)).not.toContain(key)
  })

  test('a way around by several changes is refused at the step that would send the key', async () => {
    await makeTenant(scenario.app, scenario.superuser, tenant, { model_api_key: key })
    // Beside the offline model a key goes nowhere; coming back from it to another address must not.
    expect((await change({ model_provider: 'offline' })).status).toBe(200)
    expect((await change({ ...base() })).status).toBe(422)
    expect((await change({ model_provider: 'deepseek' })).status).toBe(422)
    expect((await change({ model_provider: null })).status).toBe(200)
    expect((await change({ model_base_url: thief.url })).status).toBe(422)
    expect(thief.requests).toEqual([])
  })

  test('removing the key removes what it was for, and a base URL cannot stay without one', async () => {
    await makeTenant(scenario.app, scenario.superuser, tenant, { ...base(), model_api_key: key })
    const refused = await change({ model_api_key: null })
    expect([refused.status, refused.body.errors[0].path]).toEqual([422, 'model_base_url'])
    expect((await change({ model_api_key: null, model_base_url: null, model_provider: null })).status).toBe(200)
    const [row] = await scenario.sql`select model_api_key, model_api_key_origin from tenants where id = ${tenant}`
    expect(row).toMatchObject({ model_api_key: null, model_api_key_origin: null })
  })

  test('a test of another address needs the key in the same body; the new host sees nothing without it', async () => {
    await makeTenant(scenario.app, scenario.superuser, tenant, { model_api_key: key, model: 'gpt-4o-mini' })
    for (const body of [{ model_base_url: thief.url }, { model_provider: 'deepseek' }, base()]) {
      const refused = await api(`POST /admin/tenants/${tenant}/model/test`, body)
      expect([refused.status, refused.body.code]).toEqual([422, 'request.invalid'])
    }
    expect(thief.requests).toEqual([])
    expect(scenario.model.requests).toEqual([])
    const tested = await api(`POST /admin/tenants/${tenant}/model/test`, { ...base(), model_api_key: other })
    expect([tested.status, tested.body.ok]).toEqual([200, true])
    expect(thief.requests.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${other}`])
  })
})
