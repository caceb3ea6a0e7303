import { describeChange, formatShort } from '../lib/numbers.ts'
import type { RangeWords } from '../lib/ranges.ts'
import { readCost, type UsageTotals } from '../lib/usage-totals.ts'
import type { FigureProps } from './figure.tsx'

/** How a figure moved against the period before, in its words; without `change` there is nothing to compare with. */
export interface Comparison {
  change?: FigureProps['change']
  note?: string
}

/** Two periods, and what the one before is called. */
export interface ComparedTotals {
  totals: UsageTotals
  previous: UsageTotals
  words: RangeWords
}

/** Compares counts, of which more is a rise. */
export function compareCounts(read: (totals: UsageTotals) => number): (compared: ComparedTotals) => Comparison {
  return ({ totals, previous, words }) => {
    const change = describeChange({ now: read(totals), before: read(previous) })
    if (!change) return { note: words.none }
    return { change: { text: change.text, tone: change.direction === 'up' ? 'rise' : 'plain' }, note: words.on }
  }
}

/** Compares costs, of which more is neither good nor bad. */
export function compareCosts({ totals, previous, words }: ComparedTotals): Comparison {
  // A sum that leaves requests out cannot be compared; that it does is the thing to know.
  if (totals.unpriced_requests > 0) return { note: `${formatShort(totals.unpriced_requests)} without price` }
  if (previous.unpriced_requests > 0) return {}
  const change = describeChange({ now: readCost(totals) ?? 0, before: readCost(previous) ?? 0 })
  return change ? { change: { text: change.text, tone: 'plain' }, note: words.on } : { note: words.none }
}
