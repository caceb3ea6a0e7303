import { describe, expect, test } from 'bun:test'
import { describeChange, type Change } from '../../console/src/features/tenant-overview/change-words.ts'
import { describeConnections } from '../../console/src/features/tenant-overview/connection-words.ts'
import { forecastMonth, listPaces, measureMonth } from '../../console/src/features/tenant-overview/month-words.ts'
import { chartKeys, drawChart } from '../../console/src/features/tenant-overview/overview-charts.ts'
import type { TenantOverview } from '../../console/src/features/tenant-overview/tenant-overview.queries.ts'
import type { UsageTotals } from '../../console/src/lib/usage-totals.ts'

const nothing: UsageTotals = {
  requests: 0,
  failed: 0,
  aborted: 0,
  prompt_tokens: 0,
  completion_tokens: 0,
  total_tokens: 0,
  cost_micro_usd: null,
  unpriced_requests: 0,
  first_token_ms_p50: null,
  first_token_ms_p95: null,
}
const some: UsageTotals = {
  ...nothing,
  requests: 100,
  failed: 2,
  aborted: 3,
  prompt_tokens: 600,
  completion_tokens: 400,
  total_tokens: 1000,
  cost_micro_usd: 200_000,
  first_token_ms_p50: 296,
  first_token_ms_p95: 1088,
}
const steps = ['00', '02', '04', '06', '08', '10'].map((hour) => `2026-11-18T${hour}:00:00.000Z`)
const none = { limit: null, source: null }
const unlimited: TenantOverview['month']['limits'] = {
  requests_per_minute: none,
  tokens_per_minute: none,
  concurrent_streams: none,
  tokens_per_month: none,
  cost_per_month_micro_usd: none,
}

const overview: TenantOverview = {
  range: '7d',
  from: '2026-11-18T00:00:00.000Z',
  to: '2026-11-18T12:00:00.000Z',
  step_seconds: 7200,
  totals: { ...some, requests: 200, failed: 4, total_tokens: 2000, cost_micro_usd: 400_000 },
  previous: { ...some, requests: 160 },
  series: steps.map((at, index) => ({ at, ...(index < 2 ? some : nothing) })),
  previous_series: steps.map((at) => ({ at, ...some })),
  month: {
    from: '2026-11-01T00:00:00.000Z',
    to: '2026-12-01T00:00:00.000Z',
    totals: { ...some, cost_micro_usd: 1_000_000_000, total_tokens: 5_000_000 },
    limits: unlimited,
    forecast: { total_tokens: 7_500_000, cost_micro_usd: 1_500_000_000 },
  },
  connections: [],
  effective: { provider: 'openai', model: 'gpt-4.1-mini', retrieval: 'hybrid', pinecone_index: 'kepler-docs' },
  changes: [],
}

describe('the charts of an Overview', () => {
  const draw = (key: (typeof chartKeys)[number]) => drawChart({ overview, key })

  test('bars are sums of three steps, the first token stays at each step, and both end at the same time', () => {
    const [requests, firstToken] = [draw('requests'), draw('first-token')]
    expect(requests.series.map(({ key, values }) => [key, values])).toEqual([
      ['completed', [190, 0]],
      ['stopped', [6, 0]],
      ['failed', [4, 0]],
      ['before', [300, 300]],
    ])
    expect(firstToken.series[0]?.values).toEqual([296, 296, null, null, null, null])
    expect(requests.points.map(({ label }) => label)).toEqual([
      'Wed 18 Nov, 00:00–06:00',
      'Wed 18 Nov, 06:00–12:00, so far',
    ])
    expect(requests.points.map(({ open }) => open)).toEqual([false, true])
    expect(firstToken.points).toHaveLength(6)
    expect(firstToken.points.at(-1)).toMatchObject({ label: 'Wed 18 Nov, 10:00–12:00, so far', open: true })
  })

  test('figures say how they moved and what a request takes', () => {
    expect(draw('requests')).toMatchObject({
      name: 'Requests: 200 in 7 days, 160 in the 7 days before',
      comparison: { change: { text: '+25.0%', tone: 'rise' }, note: 'on last week' },
      more: '2.00\u00A0% failed',
    })
    expect(draw('first-token').more).toBe('p50, and p95 1,088\u00A0ms')
    expect(draw('tokens').more).toBe('10 each request')
    expect(draw('cost')).toMatchObject({ value: { number: '$0.4000' }, more: '$0.0020 each request' })
  })

  test('a bar of which no step has a price is no $0', () => {
    const unpriced = { ...some, cost_micro_usd: null, unpriced_requests: 100 }
    const chart = drawChart({
      overview: { ...overview, totals: unpriced, series: steps.map((at) => ({ at, ...unpriced })) },
      key: 'cost',
    })
    expect(chart.series[0]?.values).toEqual([null, null])
    expect(chart).toMatchObject({ value: { number: 'no price' }, comparison: { note: '100 without price' } })
    expect(chart.more).toBeUndefined()
  })

  test('a day that is none of the calendar is labelled with both its ends', () => {
    const days = ['2026-11-17T16:00:00.000Z', '2026-11-18T00:00:00.000Z', '2026-11-18T08:00:00.000Z']
    const chart = drawChart({
      overview: { ...overview, range: '30d', step_seconds: 28_800, series: days.map((at) => ({ at, ...some })) },
      key: 'requests',
    })
    expect(chart.points.map(({ label }) => label)).toEqual(['Tue 17 Nov 16:00 to Wed 18 Nov 16:00, so far'])
  })
})

describe('the month of a tenant', () => {
  const { month } = overview
  const limitTo = (limits: Record<string, number>, source: 'tenant' | 'platform' = 'tenant') => ({
    ...month,
    limits: {
      ...unlimited,
      ...Object.fromEntries(Object.entries(limits).map(([name, limit]) => [name, { limit, source }])),
    },
  })
  const now = new Date('2026-11-21T00:00:00Z')

  test('without limits it is what was used and the pace', () => {
    expect(measureMonth(month)).toEqual([
      { name: 'Cost', used: '$1,000.00', limit: undefined, share: undefined, refused: false },
      { name: 'Tokens', used: '5.0\u00A0M', limit: undefined, share: undefined, refused: false },
    ])
    expect(forecastMonth({ month, now })).toBe('Month ends in 10 days. At this pace $1,500.00.')
    expect(listPaces(limitTo({ concurrent_streams: 200 }).limits)).toEqual([{ name: 'Streams at once', limit: '200' }])
  })

  test('the first limit that the pace meets is named with its day, and a limit that is met refuses', () => {
    const limited = limitTo({ cost_per_month_micro_usd: 1_250_000_000, tokens_per_month: 7_400_000 })
    // 1,000 of 1,250 in 20 days: the rest lasts five more.
    expect(forecastMonth({ month: limited, now })).toBe(
      'Month ends in 10 days. At this pace $1,500.00: the cost limit is met on 26 Nov.',
    )
    const tight = limitTo({ tokens_per_month: 5_000_000 })
    expect(measureMonth(tight)[1]).toMatchObject({ share: 1, refused: true })
    expect(forecastMonth({ month: tight, now })).toContain('The token limit is met')
  })

  test('the platform’s limits are told as those that hold by default', () => {
    const limited = limitTo({ cost_per_month_micro_usd: 2_000_000_000, concurrent_streams: 20 }, 'platform')
    expect(measureMonth(limited)[0]).toMatchObject({ limit: '$2,000.00 by default', share: 0.5, refused: false })
    expect(listPaces(limited.limits)).toEqual([{ name: 'Streams at once', limit: '20 by default' }])
  })

  test('the first day has no forecast, an unused month says so', () => {
    const young = { ...month, forecast: { total_tokens: null, cost_micro_usd: null } }
    expect(forecastMonth({ month: young, now })).toContain('A forecast needs its first day.')
    const unused = { ...month, totals: nothing, forecast: { total_tokens: 0, cost_micro_usd: null } }
    expect(forecastMonth({ month: unused, now })).toContain('Nothing was used')
  })
})

describe('the connections of a tenant', () => {
  const state = { connection: 'model', failing_since: null, code: null, detail: null, affected: 0 } as const

  test('what works, what was never used and what is not connected are told apart', () => {
    const connections = [{ ...state, last_success_at: '2026-11-20T10:00:00Z' }]
    expect(describeConnections({ ...overview, connections })).toEqual([
      { name: 'Model', kind: 'fine', words: 'gpt-4.1-mini', workedAt: '2026-11-20T10:00:00Z' },
      { name: 'Pinecone', kind: 'suspended', words: 'kepler-docs', note: 'not used yet' },
    ])
    const offline = { ...overview.effective, provider: 'offline', model: 'offline' }
    expect(describeConnections({ connections: [], effective: offline })[0]).toEqual({
      name: 'Model',
      kind: 'fine',
      words: 'Offline model',
      note: 'needs no connection',
    })
    const bare = { provider: null, model: null, retrieval: 'keyword', pinecone_index: null }
    expect(describeConnections({ connections: [], effective: bare })).toEqual([
      { name: 'Model', kind: 'attention', words: 'none chosen' },
      { name: 'Pinecone', kind: 'suspended', words: 'not connected' },
    ])
  })

  test('a failure says since when, why and whom it hit', () => {
    const failing = {
      ...state,
      connection: 'pinecone',
      last_success_at: '2026-11-20T10:00:00Z',
      failing_since: '2026-11-20T11:00:00Z',
      detail: 'Pinecone refused the key.',
      affected: 212,
    } as const
    expect(describeConnections({ ...overview, connections: [failing] })[1]).toEqual({
      name: 'Pinecone',
      kind: 'failed',
      words: 'kepler-docs',
      failure: { since: '2026-11-20T11:00:00Z', detail: 'Pinecone refused the key.', affected: 212 },
    })
    const database = { ...failing, connection: 'database', detail: 'It does not answer.' } as const
    expect(describeConnections({ ...overview, connections: [database] })[2]).toEqual({
      name: 'Database',
      kind: 'failed',
      words: 'its own database',
      failure: { since: '2026-11-20T11:00:00Z', detail: 'It does not answer.', affected: 0 },
    })
    const works = { ...database, failing_since: null }
    expect(describeConnections({ ...overview, connections: [works] })).toHaveLength(2)
  })
})

test.each<[string, Partial<Change>]>([
  ['Prompt v12 made live', { fields: ['version', 'system_prompt'], values: { version: 12 } }],
  ['Prompt v3 restored as v13', { action: 'tenant.prompt_restored', values: { version: 13, restored_version: 3 } }],
  ['Suspended', { fields: ['is_active'], values: { is_active: false } }],
  ['Activated', { fields: ['is_active'], values: { is_active: true } }],
  ['Pinecone key replaced', { fields: ['pinecone_api_key'] }],
  ['Renamed to Kepler', { fields: ['name'], values: { name: 'Kepler' } }],
  ['Longest answer set to 2,048', { fields: ['max_output_tokens'], values: { max_output_tokens: 2048 } }],
  ['Retrieval set to automatic', { fields: ['retrieval'], values: { retrieval: null } }],
  ['Retrieval filter changed', { fields: ['retrieval_filter'] }],
  ['Model, longest answer and Pinecone index changed', { fields: ['model', 'max_output_tokens', 'pinecone_index'] }],
  ['Model, name, retrieval and 2 more changed', { fields: ['model', 'name', 'retrieval', 'limits', 'owner_id'] }],
  [
    'Cost a month limited to $2,000.00',
    {
      fields: ['limits.cost_per_month_micro_usd'],
      values: { 'limits.cost_per_month_micro_usd': 2_000_000_000 },
    },
  ],
  [
    'Requests a minute of each user warns at 30',
    {
      fields: ['limits.per_user.soft.requests_per_minute'],
      values: { 'limits.per_user.soft.requests_per_minute': 30 },
    },
  ],
  [
    'Answers at once: no limit of its own',
    { fields: ['limits.concurrent_streams'], values: { 'limits.concurrent_streams': null } },
  ],
  ['2 limits changed', { fields: ['limits.tokens_per_month', 'limits.soft.tokens_per_month'] }],
  ['Model and limits changed', { fields: ['model', 'limits.tokens_per_month', 'limits.soft.tokens_per_month'] }],
  ['Owner changed', { fields: ['owner_id'], values: { owner_id: '01a20012-7f3e-7665-8e17-0c4f2b9d6a51' } }],
  ['Owner removed', { fields: ['owner_id'], values: { owner_id: null } }],
  ['Settings saved, nothing changed', { fields: [] }],
  ['Created', { action: 'tenant.created', fields: ['name'] }],
  ['Domain verified', { action: 'domain.verified' }],
])('a change reads “%s”', (words, change) => {
  const entry = { id: '1', at: '2026-11-20T10:00:00Z', actor: null, action: 'tenant.updated', fields: [], values: {} }
  expect(describeChange({ ...entry, ...change }).words).toBe(words)
})
