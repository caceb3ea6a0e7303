import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { call, type CallOptions, type Reply } from '../../support/call.ts'
import { makeTenant, makeUser, type Person } from '../../support/people.ts'
import { type Scenario, startScenario } from '../../support/scenario.ts'

let scenario: Scenario
let user: Person

beforeAll(async () => {
  scenario = await startScenario()
  await makeTenant(scenario.app, scenario.superuser, 'acme', { model: 'priced-1', retrieval: 'off' })
  user = await makeUser(scenario.app, scenario.superuser, { tenant: 'acme' })
  scenario.model.behave({ tokens: 2, usage: { prompt_tokens: 1_000, completion_tokens: 500 } }, { sticky: true })
})
afterAll(() => scenario.stop())

const api = (route: string, body?: unknown, more?: CallOptions): Promise<Reply> =>
  call(scenario.app, route, { token: scenario.superuser.token, body, ...more })
const price = (model: string, more: object = {}) => ({
  provider: 'openai',
  model,
  input_per_million_micro_usd: 1_000_000,
  output_per_million_micro_usd: 4_000_000,
  ...more,
})
const costOfAnswer = async (): Promise<number | null> => {
  const answer = await call(scenario.app, 'POST /chat', { token: user.token, body: { message: 'Hi' } })
  expect(answer.status).toBe(200)
  return answer.body.usage.cost_micro_usd
}
const versionsOf = async (model: string) =>
  (await api('GET /admin/prices')).body.items.filter((item: { model: string }) => item.model === model)

describe('prices', () => {
  test('a model without a price costs null, never 0, and is named until it has one; what was counted stays', async () => {
    expect(await costOfAnswer()).toBeNull()
    const before = await api('GET /admin/prices')
    expect(before.body.unpriced).toEqual([
      { provider: 'openai', model: 'priced-1', calls: 1, last_at: expect.any(String) },
    ])
    const made = await api('POST /admin/prices', price('priced-1'))
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({ state: 'current', cached_input_per_million_micro_usd: 1_000_000 })
    // 1,000 × 1 + 500 × 4 micro-USD, from the very next answer on.
    expect(await costOfAnswer()).toBe(3_000)
    expect((await api('GET /admin/prices')).body.unpriced).toEqual([])
    const rows = await scenario.sql`select cost_micro_usd::int as cost from usage_ledger order by created_at`
    expect(rows.map(({ cost }) => cost)).toEqual([null, 3_000])
  })

  test('a new price leaves the earlier one as history; one to come is not in force', async () => {
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString()
    expect((await api('POST /admin/prices', price('priced-1', { output_per_million_micro_usd: 0 }))).status).toBe(201)
    expect((await api('POST /admin/prices', price('priced-1', { valid_from: tomorrow }))).status).toBe(201)
    expect((await versionsOf('priced-1')).map((item: { state: string }) => item.state)).toEqual([
      'coming',
      'current',
      'past',
    ])
    expect(await costOfAnswer()).toBe(1_000)
    const again = await api('POST /admin/prices', price('priced-1', { valid_from: tomorrow }))
    expect(again.status).toBe(409)
    expect(again.body.code).toBe('price.taken')
  })

  test('a price is corrected, and removed: then the one before is in force', async () => {
    await api('POST /admin/prices', price('other', { valid_from: '2026-01-01T00:00:00Z' }))
    const made = await api('POST /admin/prices', price('other'))
    const route = `/admin/prices/${made.body.id}`
    const changed = await api(`PATCH ${route}`, { input_per_million_micro_usd: 5 })
    expect(changed.body).toMatchObject({ id: made.body.id, input_per_million_micro_usd: 5, state: 'current' })
    const moved = await api(`PATCH ${route}`, { valid_from: '2026-01-01T00:00:00Z' })
    expect(moved.body.code).toBe('price.taken')
    expect((await api(`DELETE ${route}`)).status).toBe(204)
    expect((await versionsOf('other')).map((item: { state: string }) => item.state)).toEqual(['current'])
    expect((await api(`DELETE ${route}`)).body.code).toBe('price.not_found')
    expect((await api(`PATCH /admin/prices/none`, {})).body.code).toBe('price.not_found')
  })

  test('of many that are moved to the same moment at once one is, and the others are told (E1)', async () => {
    const days = ['01', '02', '03', '04', '05', '06']
    const made = await Promise.all(
      days.map((day) => api('POST /admin/prices', price('raced', { valid_from: `2026-01-${day}T00:00:00Z` }))),
    )
    const moved = await Promise.all(
      made.map(({ body }) => api(`PATCH /admin/prices/${body.id}`, { valid_from: '2025-01-01T00:00:00Z' })),
    )
    expect(moved.map(({ status, body }) => String(body.code ?? status)).sort()).toEqual([
      '200',
      ...days.slice(1).map(() => 'price.taken'),
    ])
  })

  test('what is no price is refused', async () => {
    for (const wrong of [
      price(''),
      price('m', { provider: 'nobody' }),
      price('m', { input_per_million_micro_usd: -1 }),
      price('m', { input_per_million_micro_usd: 0.5 }),
      price('m', { output_per_million_micro_usd: undefined }),
      price('m', { valid_from: 'soon' }),
    ]) {
      expect((await api('POST /admin/prices', wrong)).status).toBe(422)
    }
  })
})
