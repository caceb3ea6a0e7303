import { useLayoutEffect, useRef, useState, type PointerEvent, type ReactNode } from 'react'
import { chooseTicks, makeScale } from '../../lib/chart-scale.ts'
import { useIdle } from '../../lib/use-idle.ts'
import { ChartTooltip } from './chart-tooltip.tsx'
import { DataTable } from './data-table.tsx'
import { PlotContext, type Plot } from './plot.ts'
import type { ChartProps, Series } from './series.ts'

const axisPx = 42
const tickRowPx = 24
const topPx = 8
const tickHalfPx = 18

/**
 * What every chart has: a name that is a sentence, at most four grid lines, none of them vertical, thinned labels, a
 * crosshair with a tooltip (pointer, touch, ← →), and a table behind it for those who do not see it.
 */
export function ChartFrame(
  props: ChartProps & {
    largest: number
    shape: 'line' | 'square'
    /** `band` gives each point a slot, `point` puts the first and last at the edges. */
    layout: 'band' | 'point'
    stacked?: boolean
    /** SVG, drawn with `usePlot`. */
    children: ReactNode
  },
): ReactNode {
  const { points, height = 220, layout } = props
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const [ownCursor, setOwnCursor] = useState<number>()
  const [pointed, setPointed] = useState(false)
  const cursor = props.onCursor ? props.cursor : ownCursor
  const setCursor = props.onCursor ?? setOwnCursor
  const idle = useIdle()
  const scale = makeScale(props.largest, { whole: areWhole(props.series) })
  const inner = Math.max(0, width - axisPx)
  const step = layout === 'band' ? inner / Math.max(1, points.length) : inner / Math.max(1, points.length - 1)
  const base = height - tickRowPx
  const firstOpen = points.findIndex((point) => point.open)
  const plot: Plot = {
    width,
    height,
    step,
    base,
    cursor,
    openFrom: firstOpen < 0 ? Number.POSITIVE_INFINITY : firstOpen,
    xOf: (index) =>
      axisPx + (layout === 'band' ? step * (index + 0.5) : points.length === 1 ? inner / 2 : step * index),
    yOf: (value) => base - (value / scale.max) * (base - topPx),
  }
  const follow = (event: PointerEvent<HTMLElement>): void => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left - axisPx
    const at = layout === 'band' ? Math.floor(x / step) : Math.round(x / step)
    setPointed(true)
    setCursor(at < 0 || at >= points.length ? undefined : at)
  }
  const leave = (): void => {
    setPointed(false)
    setCursor(undefined)
  }
  const ticks = chooseTicks({ labels: points.map(({ tick }) => tick), widthPx: inner, labelPx: 64 })
  return (
    <div
      ref={box}
      role="group"
      aria-label={props.name}
      tabIndex={0}
      onPointerMove={follow}
      onPointerDown={follow}
      onPointerLeave={leave}
      onBlur={leave}
      onKeyDown={(event) => {
        const move = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
        if (move === 0 || points.length === 0) return
        event.preventDefault()
        setPointed(true)
        setCursor(Math.max(0, Math.min(points.length - 1, (cursor ?? (move > 0 ? -1 : points.length)) + move)))
      }}
      className="relative w-full touch-pan-y select-none"
      style={{ height }}
    >
      {width > 0 && (
        <svg width={width} height={height} aria-hidden="true" className="block overflow-visible">
          {scale.ticks.map((tick) => (
            <g key={tick}>
              <line x1={axisPx} x2={width} y1={plot.yOf(tick)} y2={plot.yOf(tick)} className="stroke-chart-grid" />
              <text x={0} y={plot.yOf(tick) + 4} className="fill-ink-3 text-micro font-medium tabular-nums">
                {props.formatTick(tick)}
              </text>
            </g>
          ))}
          {ticks.map((at) => (
            <text
              key={points[at]?.key}
              {...placeTick({ x: plot.xOf(at), width, first: layout === 'point' && at === 0 })}
              y={height - 4}
              className="fill-ink-3 text-micro font-medium tabular-nums"
            >
              {points[at]?.tick}
            </text>
          ))}
          <PlotContext value={plot}>{props.children}</PlotContext>
        </svg>
      )}
      {cursor !== undefined && <ChartTooltip {...props} plot={plot} cursor={cursor} shown={pointed} />}
      {idle && <DataTable name={props.name} points={points} series={props.series} format={props.format} />}
    </div>
  )
}

/** A label below its point, moved inwards at the edges. */
function placeTick(options: { x: number; width: number; first: boolean }): {
  x: number
  textAnchor: 'start' | 'middle' | 'end'
} {
  const { x, width, first } = options
  if (first) return { x, textAnchor: 'start' }
  return x + tickHalfPx > width ? { x: width, textAnchor: 'end' } : { x, textAnchor: 'middle' }
}

function areWhole(series: readonly Series[]): boolean {
  return series.every(({ values }) => values.every((value) => value === null || Number.isInteger(value)))
}

function useWidth(box: React.RefObject<HTMLDivElement | null>): number {
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    const element = box.current
    if (!element) return undefined
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)))
    observer.observe(element)
    return () => observer.disconnect()
  }, [box])
  return width
}
