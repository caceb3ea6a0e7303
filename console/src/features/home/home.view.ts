import { ranges } from '../../lib/ranges.ts'
import { choiceField, defineView, flagField } from '../../lib/view-state.ts'

/** The figures of Home, each of which the chart can show. */
export const figureKeys = ['requests', 'tokens', 'cost', 'first-token', 'failed'] as const

/** One of them. */
export type FigureKey = (typeof figureKeys)[number]

/** The view state of Home: `?range=30d&figure=cost&failing=yes` (every failing connection instead of the first ones). */
export const homeView = defineView({
  range: choiceField(ranges, '7d'),
  figure: choiceField(figureKeys, 'requests'),
  failing: flagField(),
})
