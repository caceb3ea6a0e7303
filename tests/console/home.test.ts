import { describe, expect, test } from 'bun:test'
import { chooseRemedy, describeAffected } from '../../console/src/features/home/failing-words.ts'
import { describeFirstStep } from '../../console/src/features/home/first-steps.ts'
import { describeFigure, homeFigures } from '../../console/src/features/home/home-figures.ts'
import { drawFigure } from '../../console/src/features/home/home-series.ts'
import type { FailingConnection, Overview } from '../../console/src/features/home/home.queries.ts'
import { figureKeys, homeView } from '../../console/src/features/home/home.view.ts'
import type { UsageTotals } from '../../console/src/lib/usage-totals.ts'
import { describeRange } from '../../console/src/lib/ranges.ts'

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
const week: UsageTotals = {
  ...nothing,
  requests: 1000,
  failed: 4,
  total_tokens: 912_400_000,
  cost_micro_usd: 3_412_080_000,
  first_token_ms_p50: 318,
  first_token_ms_p95: 1204,
}
const weekBefore: UsageTotals = { ...week, requests: 800, failed: 2, cost_micro_usd: 3_000_000_000 }
const words = describeRange('7d')

describe('the figures of Home', () => {
  test('a rise of requests is told, a rise of failures alarms, and cost is only told', () => {
    const told = figureKeys.map((key) => describeFigure({ key, totals: week, previous: weekBefore, words }))
    expect(told.map(({ change }) => change)).toEqual([
      { text: '+25.0%', tone: 'rise' },
      { text: 'unchanged', tone: 'plain' },
      { text: '+13.7%', tone: 'plain' },
      undefined,
      { text: '+0.15\u00A0pt', tone: 'alarm' },
    ])
    expect(told[3]?.note).toBe('p95 1,204\u00A0ms')
    expect(told[4]?.value).toEqual({ number: '0.40', unit: '%' })
  })

  test('nothing used costs $0.00, but a request without a price is never $0', () => {
    const costOf = (totals: UsageTotals) => describeFigure({ key: 'cost', totals, previous: nothing, words })
    expect(costOf(nothing).value.number).toBe('$0.00')
    expect(costOf({ ...nothing, requests: 3, unpriced_requests: 3 })).toMatchObject({
      value: { number: 'no price' },
      note: '3 without price',
    })
    // What is known of the sum is not compared, as it leaves requests out.
    expect(costOf({ ...week, unpriced_requests: 2 }).change).toBeUndefined()
  })

  test('a period without requests has no share of failures and no first token, and nothing is compared with it', () => {
    const told = figureKeys.map((key) => describeFigure({ key, totals: nothing, previous: nothing, words }))
    expect(told.map(({ value }) => value.number)).toEqual(['0', '0', '$0.00', 'no data', 'no data'])
    expect(told.every(({ change }) => change === undefined)).toBe(true)
    expect(told[0]?.note).toBe('none the week before')
  })

  test('the axis of failures is in per cent', () => {
    expect(homeFigures.failed.formatTick(0.07)).toBe('7\u00A0%')
    expect(homeFigures.failed.formatTick(0.005)).toBe('0.5\u00A0%')
  })
})

const overview: Overview = {
  range: '7d',
  from: '2026-11-14T10:00:00.000Z',
  to: '2026-11-14T16:00:00.000Z',
  step_seconds: 7200,
  totals: week,
  previous: nothing,
  series: ['10', '12', '14'].map((hour, at) => ({
    at: `2026-11-14T${hour}:00:00.000Z`,
    ...(at === 1 ? nothing : week),
  })),
  previous_series: ['10', '12', '14'].map((hour) => ({ at: `2026-11-07T${hour}:00:00.000Z`, ...nothing })),
  busiest: [],
  failing_connections: [],
  refusals: [],
  checklist: [],
  tenants: 1,
}

describe('the chart of Home', () => {
  test('its name is a sentence with both periods, and the running step is no fall', () => {
    const chart = drawFigure({ overview, figure: 'requests' })
    expect(chart.name).toBe('Requests, every 2 hours: 1,000 in 7 days, 0 in the 7 days before')
    expect(chart.points.map(({ label }) => label)).toEqual([
      'Sat 14 Nov, 10:00–12:00',
      'Sat 14 Nov, 12:00–14:00',
      'Sat 14 Nov, 14:00–16:00, so far',
    ])
    expect(chart.points.map(({ tick }) => tick)).toEqual(['', 'Sat 14', ''])
    expect(chart.series.map(({ kind, values }) => [kind, values])).toEqual([
      [undefined, [1000, 0, 1000]],
      ['before', [0, 0, 0]],
    ])
  })

  test('a step without requests is a gap in the first token, not zero', () => {
    expect(drawFigure({ overview, figure: 'first-token' }).series[0]?.values).toEqual([318, null, 318])
  })
})

describe('what needs somebody', () => {
  const failing: FailingConnection = {
    tenant_id: 'tern',
    tenant_name: 'Tern',
    connection: 'model',
    last_success_at: null,
    failing_since: null,
    code: 'key_refused',
    detail: null,
    affected: 1904,
  }

  test('a refused key is replaced; a provider that is down can only be tried again', () => {
    expect(chooseRemedy(failing)).toBe('Replace key')
    expect(chooseRemedy({ ...failing, code: 'provider_failing' })).toBeUndefined()
    expect(chooseRemedy({ ...failing, code: null })).toBeUndefined()
    expect(describeAffected(failing)).toBe('1,904 answers failed')
    expect(describeAffected({ ...failing, connection: 'pinecone', affected: 1 })).toBe('1 answer failed or fell back')
    const database = { ...failing, connection: 'database', code: 'tenant.database_unavailable' } as const
    expect(describeAffected({ ...database, affected: 12 })).toBe('Could not be opened 12 times')
    expect(chooseRemedy(database)).toBeUndefined()
  })

  test('a step leads only to a page there is, and an unknown step is left out', () => {
    const pages = {
      tenants: '/tenants',
      newTenant: undefined,
      users: undefined,
      usage: undefined,
      tenant: undefined,
      connections: undefined,
    }
    expect(describeFirstStep({ step: 'pinecone', pages })?.link).toEqual({ to: '/tenants' })
    expect(describeFirstStep({ step: 'second_superuser', pages })?.link).toBeUndefined()
    expect(describeFirstStep({ step: 'smtp', pages })).toBeUndefined()
  })

  test('while there is one tenant, its own onboarding is where the steps are done', () => {
    const pages = {
      tenants: '/tenants',
      newTenant: '/tenants/new',
      users: '/users',
      usage: undefined,
      tenant: undefined,
      connections: undefined,
    }
    const link = (step: string, onlyTenantId?: string) => describeFirstStep({ step, pages, onlyTenantId })?.link
    expect(link('answer', 'kepler')).toEqual({ to: '/tenants/new', search: { tenant: 'kepler', step: 'try' } })
    expect(link('pinecone', 'kepler')).toEqual({ to: '/tenants/new', search: { tenant: 'kepler', step: 'pinecone' } })
    expect(link('user', 'kepler')).toEqual({ to: '/tenants/new', search: { tenant: 'kepler', step: 'users' } })
    expect(link('answer')).toEqual({ to: '/tenants' })
    expect(link('tenant', 'kepler')).toEqual({ to: '/tenants/new' })
  })
})

test('the address of Home holds only what differs, in readable words', () => {
  expect(homeView.validate({ range: '30d', figure: 'requests', failing: 'yes' })).toEqual({
    range: '30d',
    failing: true,
  })
  expect(homeView.validate({ range: 'year', figure: 'first-token' })).toEqual({ figure: 'first-token' })
})
