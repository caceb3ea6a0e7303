import { describe, expect, test } from 'bun:test'
import {
  checkAmount,
  checkWarning,
  describeCounter,
  findLately,
  readAmount,
  readTexts,
  tellReset,
  writeTexts,
} from '../../console/src/features/limits/limit-words.ts'
import {
  checkRate,
  formatRate,
  groupPrices,
  readRate,
  tellWithout,
} from '../../console/src/features/prices/price-words.ts'

const none = {
  requests_per_minute: null,
  tokens_per_minute: null,
  concurrent_streams: null,
  tokens_per_month: null,
  cost_per_month_micro_usd: null,
}

describe('limits in the form', () => {
  test('what is shown reads back as what was set, money in dollars', () => {
    const own = {
      ...none,
      tokens_per_month: 7_400_000,
      cost_per_month_micro_usd: 250_500_000,
      soft: { ...none, tokens_per_month: 5_000_000 },
      per_user: { ...none, requests_per_minute: 8, soft: none },
    }
    const texts = writeTexts(own)
    expect(texts.tenant.hard.tokens_per_month).toBe('7,400,000')
    expect(texts.tenant.hard.cost_per_month_micro_usd).toBe('250.50')
    expect(texts.user.hard.tokens_per_month).toBe('')
    expect(readTexts(texts)).toEqual(own)
  })

  test.each([
    ['tokens_per_month', '1 200', true],
    ['tokens_per_month', '1.5', 'A whole number.'],
    ['tokens_per_month', '-1', 'A whole number.'],
    ['tokens_per_month', 'many', 'A whole number.'],
    ['cost_per_month_micro_usd', '$1,250.50', true],
    ['cost_per_month_micro_usd', '1.2345678', 'Dollars, such as 250 or 12.50.'],
    ['requests_per_minute', '', true],
    ['requests_per_minute', '2000000000', '1,000,000,000 at most.'],
  ] as const)('%s: %s', (name, text, expected) => {
    expect(checkAmount(name)(text)).toBe(expected)
  })

  test('nothing typed takes a limit away; zero allows nothing', () => {
    expect(readAmount('tokens_per_month', ' ')).toBeNull()
    expect(readAmount('tokens_per_month', '0')).toBe(0)
    expect(readAmount('cost_per_month_micro_usd', '0.02')).toBe(20_000)
  })

  test('a warning comes before its refusal, also before an inherited one', () => {
    expect(checkWarning('tokens_per_month', { soft: '800', hard: '1000', inherited: null })).toBe(true)
    expect(checkWarning('tokens_per_month', { soft: '1001', hard: '1000', inherited: null })).toBe(
      'Not above the limit.',
    )
    expect(checkWarning('tokens_per_month', { soft: '1001', hard: '', inherited: 1_000 })).toBe('Not above the limit.')
    expect(checkWarning('tokens_per_month', { soft: '1001', hard: '', inherited: null })).toBe(true)
  })

  test('a refusal tells how full its counter was', () => {
    expect(describeCounter({ name: 'requests_per_minute', spent: 60, limit: 60 })).toBe('60 of 60')
    expect(describeCounter({ name: 'cost_per_month_micro_usd', spent: 25_000_000, limit: 25_000_000 })).toBe(
      '$25.00 of $25.00',
    )
    expect(describeCounter({ name: 'cost_per_month_micro_usd', spent: 104_200, limit: 100_000 })).toBe(
      '$0.1042 of $0.10',
    )
  })

  test('when a full counter is free again is told while it is full, by the clock or by the day', () => {
    const now = new Date('2026-11-20T12:00:00Z')
    expect(tellReset({ time: '2026-11-20T11:59:59Z', now })).toBeUndefined()
    expect(tellReset({ time: '2026-11-20T12:00:40Z', now })).toBe('free again in 40 seconds')
    expect(tellReset({ time: '2026-12-01T00:00:00Z', now })).toBe('free again on 1 Dec')
  })

  test('each counter that refused within a day is named once, by its last refusal', () => {
    const refusal = (name: 'tokens_per_month' | 'concurrent_streams', scope: 'tenant' | 'user', at: string) => ({
      name,
      scope,
      at,
    })
    const last = refusal('tokens_per_month', 'user', '2026-11-20T11:00:00Z')
    const other = refusal('tokens_per_month', 'tenant', '2026-11-20T10:00:00Z')
    const refusals = [
      last,
      other,
      refusal('tokens_per_month', 'user', '2026-11-20T09:00:00Z'),
      refusal('concurrent_streams', 'tenant', '2026-11-19T11:00:00Z'),
    ]
    expect(findLately({ refusals, now: new Date('2026-11-20T12:00:00Z') })).toEqual([last, other])
  })
})

describe('prices', () => {
  const price = (model: string, state: 'coming' | 'current' | 'past') => ({
    id: `${model} ${state}`,
    provider: 'openai',
    model,
    valid_from: '2026-01-01T00:00:00.000Z',
    state,
    input_per_million_micro_usd: 150_000,
    cached_input_per_million_micro_usd: 75_000,
    output_per_million_micro_usd: 600_000,
  })

  test('a model shows the price in force, else the first that comes', () => {
    const groups = groupPrices([price('a', 'coming'), price('a', 'current'), price('a', 'past'), price('b', 'coming')])
    expect(groups.map(({ shown, versions }) => [shown.id, versions.length])).toEqual([
      ['a current', 3],
      ['b coming', 1],
    ])
  })

  test('what removing a price does is said before it: the one before is back, or the cost becomes unknown', () => {
    const [current, past] = [price('a', 'current'), price('a', 'past')]
    expect(tellWithout([current, past], current)).toBe('From now on it costs $0.15 input and $0.60 output again.')
    expect(tellWithout([current], current)).toBe(
      'From now on it has no price: its cost is unknown, and tenants with a budget are refused.',
    )
    expect(tellWithout([current, past], past)).toBe('What was counted stays as it was, and the price in force stays.')
  })

  test('models stand by their names, the one that is built in last', () => {
    const groups = groupPrices([
      { ...price('offline', 'current'), provider: 'offline' },
      price('b', 'current'),
      price('a', 'current'),
    ])
    expect(groups.map(({ model }) => model)).toEqual(['a', 'b', 'offline'])
  })

  test('rates are dollars for a million tokens, as exact as they were entered', () => {
    expect(formatRate(150_000)).toBe('$0.15')
    expect(formatRate(5_000)).toBe('$0.005')
    expect(readRate('$0.005')).toBe(5_000)
    expect(checkRate('')).toBe('Enter a price; 0 if it is free.')
    expect(checkRate('cheap')).toBe('Dollars, such as 0.15.')
    expect(checkRate('0')).toBe(true)
  })
})
