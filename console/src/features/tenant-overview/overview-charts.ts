import {
  describeCount,
  describeMs,
  formatCount,
  formatDurationTick,
  formatMoney,
  formatMoneyTick,
  formatMs,
  formatShare,
  formatShort,
  formatTick,
  joinQuantity,
  type Quantity,
} from '../../lib/numbers.ts'
import { describeRange, type Range } from '../../lib/ranges.ts'
import { readCost, readFailedShare, type UsageTotals } from '../../lib/usage-totals.ts'
import { groupSteps, makeRangePoints } from '../../ui/chart/range-points.ts'
import type { ChartPoint, Series } from '../../ui/chart/series.ts'
import { compareCosts, compareCounts, type ComparedTotals, type Comparison } from '../../ui/figure-comparison.ts'
import type { TenantOverview } from './tenant-overview.queries.ts'

/** The charts of an Overview, in their order. */
export const chartKeys = ['requests', 'first-token', 'tokens', 'cost'] as const

/** One of them. */
export type ChartKey = (typeof chartKeys)[number]

/** One chart with the figure at its head. */
export interface OverviewChart {
  key: ChartKey
  title: string
  kind: 'bars' | 'lines'
  /** The chart's name, a sentence. */
  name: string
  value: Quantity
  comparison: Comparison
  /** What stands behind the comparison: “0.42 % failed”. */
  more?: string
  points: readonly ChartPoint[]
  series: readonly Series[]
  format: (value: number) => string
  formatTick: (value: number) => string
}

/** How many steps of a range make a bar: an hour, six hours, a day. */
const stepsInBar: Record<Range, number> = { '24h': 2, '7d': 3, '30d': 3 }

/** How many steps of an overview make a bar. */
export function countStepsInBar(overview: Pick<TenantOverview, 'range'>): number {
  return stepsInBar[overview.range]
}

type Reader = (totals: UsageTotals) => number | null

/** What is drawn of a chart: its segments or lines in the order of their colours, and what the period before is of. */
interface Drawing {
  title: string
  kind: OverviewChart['kind']
  parts: readonly { key: string; name: string; read: Reader }[]
  whole: Reader
  describe: (totals: UsageTotals) => Quantity
  compare: (compared: ComparedTotals) => Comparison
  more?: (totals: UsageTotals) => string | undefined
  format: (value: number) => string
  formatTick: (value: number) => string
}

const drawings: Record<ChartKey, Drawing> = {
  requests: {
    title: 'Requests',
    kind: 'bars',
    parts: [
      { key: 'completed', name: 'Completed', read: (totals) => totals.requests - totals.failed - totals.aborted },
      { key: 'stopped', name: 'Stopped', read: (totals) => totals.aborted },
      { key: 'failed', name: 'Failed', read: (totals) => totals.failed },
    ],
    whole: (totals) => totals.requests,
    describe: (totals) => describeCount(totals.requests),
    compare: compareCounts((totals) => totals.requests),
    more: (totals) => {
      const share = readFailedShare(totals)
      return share === null || share === 0 ? undefined : `${formatShare(share)} failed`
    },
    format: formatCount,
    formatTick,
  },
  'first-token': {
    title: 'First token',
    kind: 'lines',
    parts: [
      { key: 'p50', name: 'p50', read: (totals) => totals.first_token_ms_p50 },
      { key: 'p95', name: 'p95', read: (totals) => totals.first_token_ms_p95 },
    ],
    whole: (totals) => totals.first_token_ms_p50,
    describe: (totals) => describeMs(totals.first_token_ms_p50),
    compare: () => ({}),
    more: (totals) =>
      totals.first_token_ms_p95 === null ? undefined : `p50, and p95 ${formatMs(totals.first_token_ms_p95)}`,
    format: formatMs,
    formatTick: formatDurationTick,
  },
  tokens: {
    title: 'Tokens',
    kind: 'bars',
    parts: [
      { key: 'prompt', name: 'Prompt', read: (totals) => totals.prompt_tokens },
      { key: 'completion', name: 'Completion', read: (totals) => totals.completion_tokens },
    ],
    whole: (totals) => totals.total_tokens,
    describe: (totals) => describeCount(totals.total_tokens),
    compare: compareCounts((totals) => totals.total_tokens),
    more: (totals) => sayEach({ sum: totals.total_tokens, requests: totals.requests, format: formatShort }),
    format: formatShort,
    formatTick,
  },
  cost: {
    title: 'Cost',
    kind: 'bars',
    parts: [{ key: 'cost', name: 'Cost', read: readCost }],
    whole: readCost,
    describe: (totals) => ({ number: formatMoney(readCost(totals)), unit: '' }),
    compare: compareCosts,
    more: (totals) =>
      sayEach({ sum: readCost(totals), requests: totals.requests - totals.unpriced_requests, format: formatMoney }),
    format: formatMoney,
    formatTick: formatMoneyTick,
  },
}

/** Draws one chart of an overview: its figure, its points, and the period before at the same places. */
export function drawChart(options: { overview: TenantOverview; key: ChartKey }): OverviewChart {
  const { overview, key } = options
  const { title, kind, parts, whole, describe, compare, more, format, formatTick: tick } = drawings[key]
  const { totals, previous, series, previous_series: before, range } = overview
  const words = describeRange(range)
  const each = kind === 'bars' ? countStepsInBar(overview) : 1
  const read = (steps: readonly UsageTotals[], reader: Reader): (number | null)[] =>
    groupSteps(steps, each).map((group) => (each === 1 ? readOnly(group, reader) : sumUp(group, reader)))
  const [now, then] = [totals, previous].map((of) => joinQuantity(describe(of)))
  return {
    key,
    title,
    kind,
    name: `${title}: ${now} in ${words.span}, ${then} in the ${words.span} before`,
    value: describe(totals),
    comparison: compare({ totals, previous, words }),
    more: more?.(totals),
    points: makeRangePoints({ range, stepSeconds: overview.step_seconds, times: series.map(({ at }) => at), each }),
    series: [
      ...parts.map((part, at): Series => ({
        key: part.key,
        name: part.name,
        colour: colours[at] ?? 'other',
        values: read(series, part.read),
      })),
      { key: 'before', name: words.before, colour: 'other', kind: 'before', values: read(before, whole) },
    ],
    format,
    formatTick: tick,
  }
}

const colours = [1, 2, 3] as const

function readOnly(group: readonly UsageTotals[], read: Reader): number | null {
  const [only] = group
  return only ? read(only) : null
}

/** The sum of what is known; null when nothing is. */
function sumUp(group: readonly UsageTotals[], read: Reader): number | null {
  const known = group.map(read).filter((value) => value !== null)
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0)
}

function sayEach(options: {
  sum: number | null
  requests: number
  format: (value: number) => string
}): string | undefined {
  const { sum, requests, format } = options
  return sum === null || requests === 0 ? undefined : `${format(Math.round(sum / requests))} each request`
}
