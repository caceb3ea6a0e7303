/** The colours of series, in this order; `other` is all the rest. */
export type SeriesColour = 1 | 2 | 3 | 4 | 5 | 'other'

/** One line, or one segment of every bar. */
export interface Series {
  key: string
  name: string
  colour: SeriesColour
  /** One value a point; null where there is none. */
  values: readonly (number | null)[]
  /** `before` is the period before: dashed, pale, never a segment of a bar. */
  kind?: 'before'
}

/** The points all series share. */
export interface ChartPoint {
  /** Unique, such as the bucket's time. */
  key: string
  /** Below the axis; equal neighbours are written once, '' never. */
  tick: string
  /** In the tooltip and the table: “Wed 18 Nov, 14:00–16:00”. */
  label: string
  /** Not over yet, so that its number is no fall: drawn pale. Only the last points can be. */
  open?: boolean
}

/** What every chart takes. */
export interface ChartProps {
  /** The chart's name, a sentence: “Requests every 2 hours: 1,284,906 this week, 8.2% more than the week before”. */
  name: string
  points: readonly ChartPoint[]
  series: readonly Series[]
  /** A value in tooltip and table. */
  format: (value: number) => string
  /** A value on the axis; as short as can be. */
  formatTick: (value: number) => string
  /** Pixels, axis included. */
  height?: number
  /** The point under the pointer, when several charts share one crosshair. */
  cursor?: number
  onCursor?: (index: number | undefined) => void
}

/** How strong a point that is not over yet is drawn. */
export const openOpacity = 0.4

/** Fill classes by colour. */
export const fills: Record<SeriesColour, string> = {
  1: 'fill-chart-1',
  2: 'fill-chart-2',
  3: 'fill-chart-3',
  4: 'fill-chart-4',
  5: 'fill-chart-5',
  other: 'fill-chart-other',
}

/** Stroke classes by colour. */
export const strokes: Record<SeriesColour, string> = {
  1: 'stroke-chart-1',
  2: 'stroke-chart-2',
  3: 'stroke-chart-3',
  4: 'stroke-chart-4',
  5: 'stroke-chart-5',
  other: 'stroke-chart-other',
}

/** Background classes by colour, for swatches. */
export const grounds: Record<SeriesColour, string> = {
  1: 'bg-chart-1',
  2: 'bg-chart-2',
  3: 'bg-chart-3',
  4: 'bg-chart-4',
  5: 'bg-chart-5',
  other: 'bg-chart-other/35 border-t-2 border-chart-other',
}
