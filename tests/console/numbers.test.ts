import { describe, expect, test } from 'bun:test'
import {
  describeChange,
  describeCount,
  describePointChange,
  formatBytes,
  formatCount,
  formatDuration,
  formatMoney,
  formatMs,
  formatPlural,
  formatColumnShare,
  formatShare,
  formatShort,
  formatMoneyTick,
  formatTick,
  joinQuantity,
} from '../../console/src/lib/numbers.ts'
import { formatBucket, formatBucketTick, formatSpan, formatWhen } from '../../console/src/lib/times.ts'

const plain = (text: string): string => text.replaceAll('\u00A0', ' ')

describe('numbers', () => {
  test.each([
    [formatCount(1284), '1,284'],
    [joinQuantity(describeCount(1_284_906)), '1,284,906'],
    [joinQuantity(describeCount(912_400_000)), '912.4 M'],
    [joinQuantity(describeCount(3_860_000_000)), '3.86 B'],
    [formatShort(23_800), '23.8 k'],
    [formatShort(999_960), '1.0 M'],
    [formatShort(999), '999'],
    [formatMoneyTick(20), '$0.00002'],
    [formatMoneyTick(15_000_000), '$15'],
    [formatTick(10_000), '10 k'],
    [formatTick(1500), '1.5 k'],
    [formatMoney(12_100), '$0.0121'],
    [formatMoney(3_412_080_000), '$3,412.08'],
    [formatMoney(0), '$0.00'],
    [formatMoney(null), 'no price'],
    [formatMoney(3), '<$0.0001'],
    [formatMs(0.31), '<1 ms'],
    [formatMs(318), '318 ms'],
    [formatMs(1204), '1,204 ms'],
    [formatMs(null), 'no data'],
    [formatDuration(1200), '1.2 s'],
    [formatShare(0.0042), '0.42 %'],
    [formatShare(0.135), '13.5 %'],
    [formatShare(1), '100 %'],
    [formatColumnShare(0.0756), '7.6 %'],
    [formatColumnShare(0.0001), '<0.1 %'],
    [formatColumnShare(0), '0.0 %'],
    [formatBytes(1_900_000_000), '1.9 GB'],
    [formatPlural(1, 'user'), '1 user'],
    [formatPlural(1306, 'user'), '1,306 users'],
  ])('%s is written as the console does', (written, expected) => {
    expect(plain(written)).toBe(expected)
  })

  test('a change without anything before it is none', () => {
    expect(describeChange({ now: 5, before: 0 })).toBeUndefined()
    expect(describeChange({ now: 1082, before: 1000 })).toEqual({ text: '+8.2%', direction: 'up' })
    expect(describeChange({ now: 996, before: 1000 })).toEqual({ text: '−0.4%', direction: 'down' })
    expect(describeChange({ now: 1000.01, before: 1000 })).toEqual({ text: 'unchanged', direction: 'none' })
    expect(plain(describePointChange({ now: 0.0042, before: 0.0025 }).text)).toBe('+0.17 pt')
  })
})

describe('times', () => {
  const now = new Date('2026-11-20T12:00:00Z')
  test.each([
    [null, 'never'],
    ['2026-11-20T11:59:30Z', 'now'],
    ['2026-11-20T11:46:00Z', '14 min'],
    ['2026-11-20T10:00:00Z', '2 h'],
    ['2026-11-19T12:00:01Z', '23 h'],
    ['2026-11-19T12:00:00Z', '19 Nov'],
    ['2025-03-03T12:00:00Z', '3 Mar 2025'],
  ])('%s is %s', (time, words) => {
    expect(formatWhen({ time, now })).toBe(words)
  })

  test('buckets are told in UTC', () => {
    const time = '2026-11-18T14:00:00Z'
    expect(formatBucket({ time, bucket: 'hour', widthMs: 7_200_000 })).toBe('Wed 18 Nov, 14:00–16:00')
    expect(formatBucketTick({ time, bucket: 'hour', spanMs: 86_400_000 })).toBe('14:00')
    expect(formatBucketTick({ time, bucket: 'hour', spanMs: 7 * 86_400_000 })).toBe('Wed 18')
    expect(formatBucketTick({ time, bucket: 'day', spanMs: 30 * 86_400_000 })).toBe('18 Nov')
    expect(formatSpan({ from: '2026-10-22', to: '2026-11-20' })).toBe('22 Oct to 20 Nov 2026')
  })
})
