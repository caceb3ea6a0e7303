import { joinQuantity } from '../../lib/numbers.ts'
import { formatBucket, formatBucketTick } from '../../lib/times.ts'
import type { ChartPoint, Series } from '../../ui/chart/series.ts'
import { homeFigures } from './home-figures.ts'
import type { Overview } from './home.queries.ts'
import { describeRange } from '../../lib/ranges.ts'
import { type FigureKey } from './home.view.ts'

/** What the chart of Home draws. */
export interface HomeSeries {
  /** A sentence, for those who do not see it. */
  name: string
  points: readonly ChartPoint[]
  series: readonly Series[]
}

/** The chart of a figure: its line, and the period before at the same places. */
export function drawFigure(options: { overview: Overview; figure: FigureKey }): HomeSeries {
  const { overview, figure } = options
  const words = describeRange(overview.range)
  const { title, read, describe } = homeFigures[figure]
  const [now, before] = [overview.totals, overview.previous].map((totals) => joinQuantity(describe(read(totals))))
  return {
    name: `${title}, ${words.every}: ${now} in ${words.span}, ${before} in the ${words.span} before`,
    points: overview.series.map(({ at }, index) => ({
      key: at,
      tick: tickAt({ at, range: overview.range }),
      label: labelOf({ at, stepSeconds: overview.step_seconds, last: index === overview.series.length - 1 }),
    })),
    series: [
      { key: 'now', name: words.now, colour: 1, values: overview.series.map(read) },
      {
        key: 'before',
        name: words.before,
        colour: 'other',
        kind: 'before',
        values: overview.previous_series.map(read),
      },
    ],
  }
}

const dayMs = 86_400_000

/** Days are named where their middle is, so that no label stands at a day that is cut; a day's hours every three. */
function tickAt(options: { at: string; range: string }): string {
  const time = new Date(options.at)
  const hour = time.getUTCHours()
  if (options.range === '24h')
    return time.getUTCMinutes() === 0 && hour % 3 === 0
      ? formatBucketTick({ time: options.at, bucket: 'hour', spanMs: dayMs })
      : ''
  const days = options.range === '30d' ? 30 : 7
  return hour === (days === 30 ? 8 : 12)
    ? formatBucketTick({ time: options.at, bucket: 'hour', spanMs: days * dayMs })
    : ''
}

/** The last step is not over yet: its number is no fall. */
function labelOf(options: { at: string; stepSeconds: number; last: boolean }): string {
  const label = formatBucket({ time: options.at, bucket: 'hour', widthMs: options.stepSeconds * 1000 })
  return options.last ? `${label}, so far` : label
}
