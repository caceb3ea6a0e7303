import { describe, expect, test } from 'bun:test'
import { stackUsage, sumUsage, type UsageCell } from '../../console/src/features/usage/sum-usage.ts'
import { findPeriod, listBuckets } from '../../console/src/features/usage/usage-view.ts'

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
