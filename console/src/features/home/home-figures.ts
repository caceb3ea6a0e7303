import {
  describeCount,
  describeMs,
  describePointChange,
  describeShare,
  formatCount,
  formatDurationTick,
  formatMoney,
  formatMoneyTick,
  formatMs,
  formatShare,
  formatShort,
  formatTick,
  type Quantity,
} from '../../lib/numbers.ts'
import { readCost, readFailedShare, type UsageTotals } from '../../lib/usage-totals.ts'
import { compareCosts, compareCounts, type ComparedTotals, type Comparison } from '../../ui/figure-comparison.ts'
import type { FigureProps } from '../../ui/figure.tsx'
import type { FigureKey } from './home.view.ts'

/** What a figure is made of, the same for the whole range and for one point of the chart. */
export interface HomeFigure {
  name: string
  /** The head of its chart. */
  title: string
  /** Its number; null where there is none. */
  read: (totals: UsageTotals) => number | null
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
    formatTick: formatDurationTick,
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
export function describeFigure(options: ComparedTotals & { key: FigureKey }): FigureProps {
  const { key, ...compared } = options
  const { name, read, describe } = homeFigures[key]
  return { name, value: describe(read(options.totals)), ...comparisons[key](compared) }
}

const comparisons: Record<FigureKey, (compared: ComparedTotals) => Comparison> = {
  requests: compareCounts((totals) => totals.requests),
  tokens: compareCounts((totals) => totals.total_tokens),
  cost: compareCosts,
  'first-token': ({ totals }) =>
    totals.first_token_ms_p95 === null ? {} : { note: `p95 ${formatMs(totals.first_token_ms_p95)}` },
  failed: ({ totals, previous, words }) => {
    const [now, before] = [readFailedShare(totals), readFailedShare(previous)]
    if (now === null || before === null) return {}
    const { text, direction } = describePointChange({ now, before })
    return { change: { text, tone: direction === 'up' ? 'alarm' : 'plain' }, note: words.on }
  },
}
