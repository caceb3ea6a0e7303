import { createContext, use } from 'react'

/** Where things are, in pixels. */
export interface Plot {
  width: number
  height: number
  /** From a value to its height on the sheet. */
  yOf: (value: number) => number
  /** The middle of a point. */
  xOf: (index: number) => number
  /** The width of a point's slot. */
  step: number
  /** The y of zero. */
  base: number
  /** The point under the pointer. */
  cursor: number | undefined
  /** The first point that is not over yet; infinite when all are. */
  openFrom: number
}

/** Hands where things are to what is drawn there. */
export const PlotContext = createContext<Plot | undefined>(undefined)

/** Where things are, for what is drawn inside a `ChartFrame`. */
export function usePlot(): Plot {
  const plot = use(PlotContext)
  if (!plot) throw new Error('usePlot needs a ChartFrame above it')
  return plot
}
