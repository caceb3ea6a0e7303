import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { call, type CallOptions, type Reply } from '../../support/call.ts'
import { makeTenant, makeUser, type Person } from '../../support/people.ts'
import { type FakeSmtp, startFakeSmtp } from '../../support/fake-smtp.ts'
import { eventually, type Scenario, startScenario } from '../../support/scenario.ts'

let scenario: Scenario
let smtp: FakeSmtp
let owner: Person
let user: Person

beforeAll(async () => {
  smtp = await startFakeSmtp()
  scenario = await startScenario({ env: { SMTP_URL: smtp.url, MAIL_FROM: 'mail@platform.example' } })
  const { app, superuser } = scenario
  owner = await makeUser(app, superuser, { is_owner: true })
  await makeTenant(app, superuser, 'acme', {
    owner_id: owner.id,
    retrieval: 'off',
    limits: { tokens_per_month: 1_000, soft: { tokens_per_month: 800 }, per_user: { requests_per_minute: 3 } },
  })
  user = await makeUser(app, superuser, { tenant: 'acme' })
  scenario.model.behave({ tokens: 2, usage: { prompt_tokens: 200, completion_tokens: 100 } }, { sticky: true })
})
afterAll(async () => {
  await scenario.stop()
  await smtp.stop()
})

const api = (route: string, body?: unknown, more?: CallOptions): Promise<Reply> =>
  call(scenario.app, route, { token: owner.token, body, ...more })
const chat = (): Promise<Reply> => call(scenario.app, 'POST /chat', { token: user.token, body: { message: 'Hi' } })

describe('what limits tell a tenant’s managers', () => {
  test('where counters stand, and who used most', async () => {
    expect((await chat()).status).toBe(200)
    const { body } = await api('GET /admin/tenants/acme/limits')
    expect(body.in_force).toMatchObject({ tokens_per_month: 1_000, requests_per_minute: null })
    expect(body.in_force.per_user).toMatchObject({ requests_per_minute: 3, tokens_per_month: null })
    expect(body.defaults.tokens_per_month).toBeNull()
    const standing = (name: string) => body.standings.find((each: { name: string }) => each.name === name)
    expect(standing('tokens_per_month')).toEqual({
      name: 'tokens_per_month',
      spent: 300,
      held: 0,
      resets_at: null,
    })
    expect(standing('requests_per_minute').spent).toBeNull()
    expect(body.busiest_users).toEqual([
      { user: { id: user.id, email: user.email, api_key: null }, tokens: 300, cost_micro_usd: expect.any(Number) },
    ])
    expect(body.warnings).toEqual([])
  })

  test('a soft limit warns once a month, here and by mail, and refuses nothing', async () => {
    expect((await chat()).status).toBe(200)
    expect((await chat()).status).toBe(200)
    await eventually(() => smtp.mails.length === 2)
    expect(smtp.mails.flatMap(({ envelope }) => envelope.to).sort()).toEqual(
      [owner.email, scenario.superuser.email].sort(),
    )
    expect(smtp.mails[0]?.text).toContain('800 tokens a month')
    expect(smtp.mails[0]?.text).toContain('/console/tenants/acme/limits')
    const { body } = await api('GET /admin/tenants/acme/limits')
    expect(body.warnings).toEqual([
      {
        id: expect.any(String),
        at: expect.any(String),
        name: 'tokens_per_month',
        scope: 'tenant',
        user: null,
        threshold: 800,
        spent: expect.any(Number),
        limit: 1_000,
      },
    ])
    // Another replica notices it, too.
    const replica = await scenario.app.startReplica()
    try {
      await call(replica, 'POST /chat', { token: user.token, body: { message: 'Hi' } })
      await replica.services.limits.sweep()
    } finally {
      await replica.stop()
    }
    expect(smtp.mails).toHaveLength(2)
  })

  test('refusals are kept by user, counter and minute, with the last request of each', async () => {
    const refused = [await chat(), await chat(), await chat()].filter(({ status }) => status === 429)
    expect(refused.length).toBeGreaterThan(1)
    const last = refused.at(-1)
    const items = await eventually(async () => {
      const { body } = await api('GET /admin/tenants/acme/limits/refusals')
      return body.items[0]?.request_id === last?.headers.get('x-request-id') ? body.items : undefined
    })
    const counted = items.reduce((sum: number, { requests }: { requests: number }) => sum + requests, 0)
    expect(counted).toBeGreaterThanOrEqual(refused.length)
    expect(items[0]).toMatchObject({
      code: last?.body.code,
      scope: last?.body.scope,
      limit: last?.body.limit,
      spent: last?.body.spent,
      user: { id: user.id, email: user.email, api_key: null },
    })
  })

  test('an API key that was refused is told by its name', async () => {
    const made = await api('POST /admin/tenants/acme/api-keys', { name: 'Website backend' })
    const ask = () => call(scenario.app, 'POST /chat', { token: made.body.secret, body: { message: 'Hi' } })
    await eventually(async () => (await ask()).status === 429)
    const key = { id: made.body.id, email: null, api_key: 'Website backend' }
    await eventually(async () => {
      const { body } = await api('GET /admin/tenants/acme/limits/refusals')
      return body.items.some(({ user: who }: { user: object }) => Bun.deepEquals(who, key))
    })
  })

  test('they are for managers alone', async () => {
    const stranger = await makeUser(scenario.app, scenario.superuser, { is_owner: true })
    for (const path of ['limits', 'limits/refusals']) {
      expect((await api(`GET /admin/tenants/acme/${path}`, undefined, { token: stranger.token })).status).toBe(404)
      expect((await api(`GET /admin/tenants/acme/${path}`, undefined, { token: user.token })).status).toBe(403)
    }
  })
})
