import {
  describeChange,
  describeCount,
  describeMs,
  describePointChange,
  describeShare,
  formatCount,
  formatDuration,
  formatMoney,
  formatMoneyTick,
  formatMs,
  formatShare,
  formatShort,
  formatTick,
  type Quantity,
} from '../../lib/numbers.ts'
import type { FigureProps } from '../../ui/figure.tsx'
import type { Totals } from './home.queries.ts'
import type { RangeWords } from '../../lib/ranges.ts'
import type { FigureKey } from './home.view.ts'

/** What a figure is made of, the same for the whole range and for one point of the chart. */
export interface HomeFigure {
  name: string
  /** The head of its chart. */
  title: string
  /** Its number; null where there is none. */
  read: (totals: Totals) => number | null
  describe: (value: number | null) => Quantity
  format: (value: number) => string
  formatTick: (value: number) => string
}

const space = '\u00A0'
const noData: Quantity = { number: 'no data', unit: '' }

/** The figures of Home by key. */
export const homeFigures: Record<FigureKey, HomeFigure> = {
  requests: {
    name: 'Requests',
    title: 'Requests',
    read: (totals) => totals.requests,
    describe: (value) => describeCount(value ?? 0),
    format: formatCount,
    formatTick,
  },
  tokens: {
    name: 'Tokens',
    title: 'Tokens',
    read: (totals) => totals.total_tokens,
    describe: (value) => describeCount(value ?? 0),
    format: formatShort,
    formatTick,
  },
  cost: {
    name: 'Cost',
    title: 'Cost',
    read: readCost,
    describe: (value) => ({ number: formatMoney(value), unit: '' }),
    format: formatMoney,
    formatTick: formatMoneyTick,
  },
  'first-token': {
    name: 'First token, p50',
    title: 'First token, p50',
    read: (totals) => totals.first_token_ms_p50,
    describe: describeMs,
    format: formatMs,
    formatTick: formatDuration,
  },
  failed: {
    name: 'Failed',
    title: 'Failed requests',
    read: readFailedShare,
    describe: (value) => (value === null ? noData : describeShare(value)),
    format: formatShare,
    formatTick: (share) => `${formatTick(Number((share * 100).toPrecision(12)))}${space}%`,
  },
}

/** A figure of the strip: its number, how it moved against the period before, and what that means. */
export function describeFigure(options: {
  key: FigureKey
  totals: Totals
  previous: Totals
  words: RangeWords
}): FigureProps {
  const { key, ...compared } = options
  const { name, read, describe } = homeFigures[key]
  return { name, value: describe(read(options.totals)), ...comparisons[key](compared) }
}

type Compare = (options: {
  totals: Totals
  previous: Totals
  words: RangeWords
}) => Pick<FigureProps, 'change' | 'note'>

const comparisons: Record<FigureKey, Compare> = {
  requests: compareCounts((totals) => totals.requests),
  tokens: compareCounts((totals) => totals.total_tokens),
  cost: ({ totals, previous, words }) => {
    // A sum that leaves requests out cannot be compared; that it does is the thing to know.
    if (totals.unpriced_requests > 0) return { note: `${formatShort(totals.unpriced_requests)} without price` }
    if (previous.unpriced_requests > 0) return {}
    const change = describeChange({ now: readCost(totals) ?? 0, before: readCost(previous) ?? 0 })
    return change ? { change: { text: change.text, tone: 'plain' }, note: words.on } : { note: words.none }
  },
  'first-token': ({ totals }) =>
    totals.first_token_ms_p95 === null ? {} : { note: `p95 ${formatMs(totals.first_token_ms_p95)}` },
  failed: ({ totals, previous, words }) => {
    const [now, before] = [readFailedShare(totals), readFailedShare(previous)]
    if (now === null || before === null) return {}
    const { text, direction } = describePointChange({ now, before })
    return { change: { text, tone: direction === 'up' ? 'alarm' : 'plain' }, note: words.on }
  },
}

function compareCounts(read: (totals: Totals) => number): Compare {
  return ({ totals, previous, words }) => {
    const change = describeChange({ now: read(totals), before: read(previous) })
    if (!change) return { note: words.none }
    return { change: { text: change.text, tone: change.direction === 'up' ? 'rise' : 'plain' }, note: words.on }
  }
}

/** Cost in micro-USD: nothing used costs nothing, but null means that no request had a price. */
function readCost(totals: Totals): number | null {
  return totals.cost_micro_usd ?? (totals.requests === 0 ? 0 : null)
}

function readFailedShare(totals: Totals): number | null {
  return totals.requests === 0 ? null : totals.failed / totals.requests
}
