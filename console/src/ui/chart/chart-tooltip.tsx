import type { ReactNode } from 'react'
import { classNames } from '../class-names.ts'
import { Swatch } from './legend.tsx'
import type { Plot } from './plot.ts'
import type { ChartProps, Series } from './series.ts'

const tooltipPx = 210

/** The values of one point, beside the crosshair, for the eye: those who do not see it have the table. */
export function ChartTooltip(
  props: ChartProps & { shape: 'line' | 'square'; stacked?: boolean; plot: Plot; cursor: number; shown: boolean },
): ReactNode {
  const { cursor, plot, series, format } = props
  const point = props.points[cursor]
  if (!point || !props.shown) return null
  const valueAt = (one: Series): number => one.values[cursor] ?? Number.NEGATIVE_INFINITY
  // As the eye finds them: segments in the order of the stack, lines from the top.
  const rows = props.stacked ? series : series.toSorted((one, other) => valueAt(other) - valueAt(one))
  const total = series.reduce((sum, one) => sum + (one.kind === 'before' ? 0 : (one.values[cursor] ?? 0)), 0)
  const x = plot.xOf(cursor)
  const left = x + 14 + tooltipPx > plot.width ? x - 14 - tooltipPx : x + 14
  return (
    <div
      aria-hidden="true"
      className="pointer-events-none absolute top-1 z-10 rounded-lg border border-line bg-raised px-[10px] py-2 text-meta shadow-2"
      style={{ left: Math.max(0, left), width: tooltipPx }}
    >
      <div className="mb-1 flex justify-between gap-3 text-ink-3">
        {point.label}
        {props.stacked && series.length > 1 && <span className="font-medium tabular-nums">{format(total)}</span>}
      </div>
      {rows.map((one) => {
        const value = one.values[cursor]
        return (
          <div key={one.key} className="flex min-h-[18px] items-center gap-2">
            <Swatch colour={one.colour} shape={one.kind === 'before' ? 'dashed' : props.shape} />
            <span className="min-w-0 flex-1 truncate text-ink">{one.name}</span>
            <span
              className={classNames(
                'tabular-nums',
                value === null || value === undefined ? 'text-ink-3' : 'font-semibold text-ink',
              )}
            >
              {value === null || value === undefined ? 'no data' : format(value)}
            </span>
          </div>
        )
      })}
    </div>
  )
}
