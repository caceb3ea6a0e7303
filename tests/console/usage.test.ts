import { describe, expect, test } from 'bun:test'
import {
  nameUsers,
  stackUsage,
  sumByBucket,
  sumUsage,
  type UsageCell,
} from '../../console/src/features/usage/sum-usage.ts'
import { describeFigures } from '../../console/src/features/usage/usage-figures.ts'
import {
  findPeriod,
  findPeriodBefore,
  listBuckets,
  nameBefore,
  usageView,
} from '../../console/src/features/usage/usage-view.ts'

const now = new Date('2026-11-21T11:38:00Z')

function cell(changes: Partial<UsageCell>): UsageCell {
  return {
    bucket: '2026-11-20T00:00:00.000Z',
    tenant_id: 'a',
    requests: 1,
    failed: 0,
    aborted: 0,
    prompt_tokens: 10,
    completion_tokens: 5,
    total_tokens: 15,
    cost_micro_usd: 100,
    unpriced_requests: 0,
    first_token_ms_p95: 300,
    ...changes,
  }
}

test('users are named by what the platform knows of them: keys by their names, people by their addresses', () => {
  const names = nameUsers([
    cell({ user_id: 'k', user_kind: 'api_key', user_name: 'Website' }),
    cell({ user_id: 'p', user_kind: 'user', user_name: 'ann@acme.example' }),
    cell({ user_id: 'e', user_kind: null, user_name: null }),
    cell({ user_id: null, user_kind: null, user_name: null }),
  ])
  expect([...names]).toEqual([
    ['k', 'API key Website'],
    ['p', 'ann@acme.example'],
  ])
})

describe('a period', () => {
  test('covers whole hours or days, the present one included', () => {
    expect(findPeriod({ range: '24h', per: 'auto', group: 'model', now })).toEqual({
      from: '2026-11-20T12:00:00.000Z',
      to: '2026-11-21T12:00:00.000Z',
      bucket: 'hour',
      group: 'model',
    })
    const month = findPeriod({ range: 'month', per: 'auto', group: 'tenant', now })
    expect([month.from, month.to, month.bucket]).toEqual([
      '2026-11-01T00:00:00.000Z',
      '2026-11-22T00:00:00.000Z',
      'day',
    ])
  })

  test('has a bar for every bucket, also for those without a request and the one that begins before it', () => {
    expect(listBuckets(findPeriod({ range: '30d', per: 'auto', group: 'tenant', now }))).toHaveLength(30)
    expect(listBuckets(findPeriod({ range: '7d', per: 'hour', group: 'tenant', now }))).toHaveLength(7 * 24)
    expect(listBuckets(findPeriod({ range: '30d', per: 'month', group: 'tenant', now }))).toEqual([
      '2026-10-01T00:00:00.000Z',
      '2026-11-01T00:00:00.000Z',
    ])
    expect(listBuckets(findPeriod({ range: '24h', per: 'day', group: 'tenant', now }))).toHaveLength(2)
  })
})

describe('a range of one’s own', () => {
  test('is of whole UTC days, both included, and stands in the address', () => {
    const search = { range: 'custom', from: '2026-10-01', to: '2026-10-31' }
    expect(usageView.validate(search)).toMatchObject(search)
    const period = findPeriod({
      range: 'custom',
      from: '2026-10-01',
      to: '2026-10-31',
      per: 'auto',
      group: 'model',
      now,
    })
    expect([period.from, period.to, period.bucket]).toEqual([
      '2026-10-01T00:00:00.000Z',
      '2026-11-01T00:00:00.000Z',
      'day',
    ])
    expect(listBuckets(period)).toHaveLength(31)
  })

  test('has bars as wide as it is long, and what is no day is none', () => {
    const bucketOf = (from: string, to: string) =>
      findPeriod({ range: 'custom', from, to, per: 'auto', group: 'model', now }).bucket
    expect(bucketOf('2026-11-20', '2026-11-21')).toBe('hour')
    expect(bucketOf('2025-01-01', '2026-11-01')).toBe('month')
    expect(bucketOf('2026-11-21', '2026-11-01')).toBe('day')
    expect(usageView.validate({ range: 'custom', from: '2026-02-30', to: '0002-01-01' })).toEqual({ range: 'custom' })
    const { from, to } = findPeriod({ range: 'custom', per: 'auto', group: 'model', now })
    expect([from, to]).toEqual(['2026-10-23T00:00:00.000Z', '2026-11-22T00:00:00.000Z'])
  })
})

describe('the period before', () => {
  const before = (range: '24h' | '7d' | '30d' | 'month' | 'custom', days: { from?: string; to?: string } = {}) => {
    const period = findPeriod({ range, ...days, per: 'auto', group: 'tenant', now })
    const { from, to } = findPeriodBefore({ range, period, now })
    return [from, to, nameBefore({ range, period }).on]
  }
  test('is as long as this one has lasted until now, so that a day that is not over is compared with as much', () => {
    expect(before('7d')).toEqual(['2026-11-08T00:00:00.000Z', '2026-11-14T12:00:00.000Z', 'on the 7 days before'])
    expect(before('24h')).toEqual(['2026-11-19T12:00:00.000Z', '2026-11-20T12:00:00.000Z', 'on the 24 hours before'])
    expect(before('custom', { from: '2026-10-01', to: '2026-10-10' })).toEqual([
      '2026-09-21T00:00:00.000Z',
      '2026-10-01T00:00:00.000Z',
      'on the 10 days before',
    ])
  })

  test('of a month is the month before up to the same hour, and never reaches into this one', () => {
    expect(before('month')).toEqual([
      '2026-10-01T00:00:00.000Z',
      '2026-10-21T12:00:00.000Z',
      'on as much of last month',
    ])
    const late = new Date('2026-03-31T20:00:00Z')
    const period = findPeriod({ range: 'month', per: 'auto', group: 'tenant', now: late })
    expect(findPeriodBefore({ range: 'month', period, now: late }).to).toBe('2026-03-01T00:00:00.000Z')
  })

  test('is what figures are compared with: requests rise, failures alarm, and no price compares with none', () => {
    const words = { on: 'on the day before', none: 'none the day before' }
    const sum = (changes: Partial<UsageCell>) => sumUsage({ cells: [cell(changes)], group: 'tenant' }).total
    const figures = describeFigures({ total: sum({ requests: 3, failed: 1 }), before: sum({ requests: 2 }), words })
    expect(figures.map(({ key, change, note }) => [key, change?.text, change?.tone, note])).toEqual([
      ['requests', '+50.0%', 'rise', 'on the day before'],
      ['tokens', undefined, undefined, '67% prompt, 33% completion'],
      ['cost', 'unchanged', 'plain', 'on the day before'],
      ['failed', '+33.33\u00A0pt', 'alarm', '1 request'],
    ])
    const unpriced = describeFigures({ total: sum({ unpriced_requests: 4 }), before: sum({}), words })
    expect(unpriced[2]).toMatchObject({ note: '4 without a price' })
    expect(unpriced[2]?.change).toBeUndefined()
  })
})

test('all groups of a bucket are one sum, and a bucket without any is nothing', () => {
  const cells = [cell({}), cell({ tenant_id: 'b', requests: 4 }), cell({ bucket: '2025-01-01T00:00:00.000Z' })]
  const buckets = ['2026-11-19T00:00:00.000Z', '2026-11-20T00:00:00.000Z']
  expect(sumByBucket({ cells, buckets, figure: 'requests' })).toEqual([0, 5])
})

test('totals are the sum of the rows, and what has no price is told and never counted as nothing', () => {
  const cells = [
    cell({}),
    cell({ requests: 3, first_token_ms_p95: 900 }),
    cell({ tenant_id: 'b', cost_micro_usd: null, unpriced_requests: 1, first_token_ms_p95: null }),
  ]
  const { rows, total } = sumUsage({ cells, group: 'tenant' })
  expect(rows.map(({ key, requests, cost, slowest }) => ({ key, requests, cost, slowest }))).toEqual([
    { key: 'a', requests: 4, cost: 200, slowest: 900 },
    { key: 'b', requests: 1, cost: null, slowest: null },
  ])
  expect(total).toMatchObject({ requests: 5, tokens: 45, cost: 200, unpriced: 1, slowest: 900 })
})

test('the largest groups have segments of their own, all others one together, and nothing is lost', () => {
  const cells = ['a', 'b', 'c'].map((id, at) => cell({ tenant_id: id, requests: at + 1 }))
  const { rows } = sumUsage({ cells, group: 'tenant' })
  const buckets = ['2026-11-19T00:00:00.000Z', '2026-11-20T00:00:00.000Z']
  expect(stackUsage({ cells, rows, buckets, group: 'tenant', figure: 'requests', shownMax: 2 })).toEqual({
    shown: [
      { key: 'c', values: [0, 3] },
      { key: 'b', values: [0, 2] },
    ],
    others: { count: 1, values: [0, 1] },
  })
})
