import {
  describeChange,
  describeCount,
  describePointChange,
  describeShare,
  formatCount,
  formatMoney,
  formatPlural,
} from '../../lib/numbers.ts'
import type { FigureProps } from '../../ui/figure.tsx'
import type { UsageSum } from './sum-usage.ts'
import type { FigureKey } from './usage-view.ts'

/** A time's sums, those of the time before as far as they are there, and what that is called. */
interface Compared {
  total: UsageSum
  before: UsageSum | undefined
  words: { on: string; none: string }
}

/** The figures of a time, compared with the time before; what cannot be compared says something else instead. */
export function describeFigures(compared: Compared): (FigureProps & { key: FigureKey })[] {
  const { total } = compared
  const promptShare = total.tokens === 0 ? 0 : Math.round((total.prompt / total.tokens) * 100)
  return [
    {
      key: 'requests',
      name: 'Requests',
      value: describeCount(total.requests),
      ...compareCounts({ ...compared, read: ({ requests }) => requests, tone: 'rise' }),
    },
    {
      key: 'tokens',
      name: 'Tokens',
      value: describeCount(total.tokens),
      note: `${promptShare}% prompt, ${100 - promptShare}% completion`,
    },
    { key: 'cost', name: 'Cost', value: { number: formatMoney(total.cost), unit: '' }, ...compareCosts(compared) },
    { key: 'failed', name: 'Failed', value: describeShare(failedShare(total)), ...compareFailures(compared) },
  ]
}

function compareCounts(
  options: Compared & { read: (sum: UsageSum) => number; tone: 'rise' | 'plain' },
): Pick<FigureProps, 'change' | 'note'> {
  const { total, before, words, read, tone } = options
  if (before === undefined) return {}
  const change = describeChange({ now: read(total), before: read(before) })
  if (change === undefined) return { note: words.none }
  return { change: { text: change.text, tone: change.direction === 'up' ? tone : 'plain' }, note: words.on }
}

function compareCosts(compared: Compared): Pick<FigureProps, 'change' | 'note'> {
  const { total, before } = compared
  // A sum that leaves requests out cannot be compared; that it does is the thing to know.
  if (total.unpriced > 0) return { note: `${formatCount(total.unpriced)} without a price` }
  if (before !== undefined && before.unpriced > 0) return { note: 'every request has a price' }
  return compareCounts({ ...compared, read: ({ cost }) => cost ?? 0, tone: 'plain' })
}

function compareFailures({ total, before }: Compared): Pick<FigureProps, 'change' | 'note'> {
  const note = formatPlural(total.failed, 'request')
  if (before === undefined || before.requests === 0) return { note }
  const change = describePointChange({ now: failedShare(total), before: failedShare(before) })
  return { change: { text: change.text, tone: change.direction === 'up' ? 'alarm' : 'plain' }, note }
}

function failedShare(sum: UsageSum): number {
  return sum.requests === 0 ? 0 : sum.failed / sum.requests
}
