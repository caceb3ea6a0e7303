import { choiceField, defineView, flagField } from '../../lib/view-state.ts'

/** How far back Home looks. */
export const homeRanges = ['24h', '7d', '30d'] as const

/** One of them. */
export type HomeRange = (typeof homeRanges)[number]

/** The figures of Home, each of which the chart can show. */
export const figureKeys = ['requests', 'tokens', 'cost', 'first-token', 'failed'] as const

/** One of them. */
export type FigureKey = (typeof figureKeys)[number]

/** The view state of Home: `?range=30d&figure=cost&failing=yes` (every failing connection instead of the first ones). */
export const homeView = defineView({
  range: choiceField(homeRanges, '7d'),
  figure: choiceField(figureKeys, 'requests'),
  failing: flagField(),
})

/** How a range and the one before it are called. */
export interface RangeWords {
  /** In the control: “7 d”. */
  short: string
  /** Read out: “7 days”. */
  span: string
  now: string
  before: string
  /** Behind a change: “+8.2% on last week”. */
  on: string
  /** When there was nothing to compare with. */
  none: string
  /** How wide a point of the chart is. */
  every: string
}

const words: Record<HomeRange, RangeWords> = {
  '24h': {
    short: '24 h',
    span: '24 hours',
    now: 'Last 24 hours',
    before: 'A day before',
    on: 'in a day',
    none: 'none the day before',
    every: 'every 30 minutes',
  },
  '7d': {
    short: '7 d',
    span: '7 days',
    now: 'This week',
    before: 'A week before',
    on: 'on last week',
    none: 'none the week before',
    every: 'every 2 hours',
  },
  '30d': {
    short: '30 d',
    span: '30 days',
    now: 'Last 30 days',
    before: '30 days before',
    on: 'in 30 days',
    none: 'none 30 days before',
    every: 'every 8 hours',
  },
}

/** The words of a range, as the server names it. */
export function describeRange(range: string): RangeWords {
  return words[homeRanges.find((one) => one === range) ?? '7d']
}
