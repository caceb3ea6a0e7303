import { joinQuantity } from '../../lib/numbers.ts'
import { makeRangePoints } from '../../ui/chart/range-points.ts'
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
    points: makeRangePoints({
      range: overview.range,
      stepSeconds: overview.step_seconds,
      times: overview.series.map(({ at }) => at),
    }),
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
