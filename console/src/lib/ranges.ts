/** How far back an overview looks. */
export const ranges = ['24h', '7d', '30d'] as const

/** One of them. */
export type Range = (typeof ranges)[number]

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

const words: Record<Range, RangeWords> = {
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
  return words[ranges.find((one) => one === range) ?? '7d']
}
