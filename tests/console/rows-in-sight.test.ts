import { describe, expect, test } from 'bun:test'
import { assert, double, integer, property, record } from 'fast-check'
import { findRowsInSight } from '../../console/src/lib/rows-in-sight.ts'

describe('rows in sight', () => {
  test('every row that is seen is drawn, whatever the place, and few others', () => {
    assert(
      property(
        record({
          count: integer({ min: 101, max: 20_000 }),
          heightPx: integer({ min: 30, max: 90 }),
          share: double({ min: -0.5, max: 1.5, noNaN: true }),
          seenPx: integer({ min: 0, max: 3000 }),
        }),
        ({ count, heightPx, share, seenPx }) => {
          const scrolledPx = share * count * heightPx
          const { first, end } = findRowsInSight({ count, heightPx, scrolledPx, seenPx })
          expect(first).toBeGreaterThanOrEqual(0)
          expect(end).toBeLessThanOrEqual(count)
          expect(end - first).toBeLessThanOrEqual(seenPx / heightPx + 2 + 2 * (16 + 8))
          const seenFirst = Math.max(0, Math.floor(scrolledPx / heightPx))
          const seenEnd = Math.min(count, Math.ceil((scrolledPx + seenPx) / heightPx))
          if (seenFirst < seenEnd) {
            expect(first).toBeLessThanOrEqual(seenFirst)
            expect(end).toBeGreaterThanOrEqual(seenEnd)
          }
        },
      ),
    )
  })

  test('a list that begins below the top is drawn from its first row', () => {
    expect(findRowsInSight({ count: 500, heightPx: 44, scrolledPx: -300, seenPx: 880 })).toEqual({ first: 0, end: 32 })
  })

  test('the window stays as it is while less than a step is scrolled', () => {
    const at = (scrolledPx: number) => findRowsInSight({ count: 500, heightPx: 50, scrolledPx, seenPx: 1000 })
    expect(at(2010)).toEqual(at(2040))
    expect(at(2010)).not.toEqual(at(2500))
  })
})
