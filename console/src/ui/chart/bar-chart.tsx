import type { ReactNode } from 'react'
import { ChartFrame } from './frame.tsx'
import { usePlot } from './plot.ts'
import { fills, openOpacity, strokes, type ChartProps, type Series, type SeriesColour } from './series.ts'

const gapShare = 0.22
const partPx = 1
const thinnestPx = 0.75
/** The full-strength edge of what is pale. */
const edgePx = 2

/**
 * Bars of stacked segments, the first series lowest, parted by the sheet's colour; `other` is pale with a full edge, a bar
 * that is not over yet is pale as a whole, and the period before is a dashed line across.
 */
export function BarChart(props: ChartProps & { isolated?: string }): ReactNode {
  const alone = props.series.filter(({ key }) => key === props.isolated)
  const series = alone.length > 0 ? alone : props.series
  const segments = series.filter(({ kind }) => kind !== 'before')
  const before = series.find(({ kind }) => kind === 'before')
  const largest = Math.max(
    0,
    ...props.points.map((_, at) => segments.reduce((sum, { values }) => sum + (values[at] ?? 0), 0)),
    ...(before?.values.map((value) => value ?? 0) ?? []),
  )
  const stacks = props.points.map((_, at) => stack(segments, at))
  return (
    <ChartFrame {...props} series={series} largest={largest} shape="square" layout="band" stacked>
      <Band />
      {segments.map((one) => (
        <Segments key={one.key} colour={one.colour} spans={stacks.map((stack) => stack.get(one.key))} />
      ))}
      {before && <Steps series={before} />}
    </ChartFrame>
  )
}

function Band(): ReactNode {
  const { cursor, xOf, step, base } = usePlot()
  if (cursor === undefined) return null
  return <rect x={xOf(cursor) - step / 2} y="0" width={step} height={base} className="fill-ink/7" />
}

/** All segments of a series, as one path: a bar of its own for each would make a page slow to lay out. */
function Segments(props: { colour: SeriesColour; spans: readonly (Span | undefined)[] }): ReactNode {
  const { colour, spans } = props
  const plot = usePlot()
  const width = Math.max(1, plot.step * (1 - gapShare))
  const boxes = spans.flatMap((span, at) => {
    if (!span) return []
    const top = plot.yOf(span.to)
    const height = plot.yOf(span.from) - top - (span.from > 0 ? partPx : 0)
    // Too thin to be parted: what there is stays visible.
    return [{ at, x: plot.xOf(at) - width / 2, top, height: Math.max(height, thinnestPx) }]
  })
  const draw = (open: boolean, heightMax = Number.POSITIVE_INFINITY): string =>
    boxes
      .filter(({ at }) => at >= plot.openFrom === open)
      .map(
        ({ x, top, height }) =>
          `M${x.toFixed(1)} ${top.toFixed(1)}h${width.toFixed(1)}v${Math.min(heightMax, height).toFixed(1)}h-${width.toFixed(1)}z`,
      )
      .join('')
  return [false, true].map((open) => (
    <g key={String(open)} className={fills[colour]} opacity={open ? openOpacity : undefined}>
      <path d={draw(open)} opacity={colour === 'other' ? '.35' : undefined} />
      {colour === 'other' && <path d={draw(open, edgePx)} />}
    </g>
  ))
}

/** The height of each bar of the period before. */
function Steps({ series }: { series: Series }): ReactNode {
  const { xOf, yOf, step } = usePlot()
  const levels = series.values.map((value, at) => {
    const [y, left] = [yOf(value ?? 0).toFixed(1), xOf(at) - step / 2]
    return `${left.toFixed(1)} ${y}L${(left + step).toFixed(1)} ${y}`
  })
  return (
    <path
      d={`M${levels.join('L')}`}
      fill="none"
      strokeWidth="1.300"
      strokeDasharray="3 3"
      className={strokes[series.colour]}
    />
  )
}

/** From where to where a segment goes. */
interface Span {
  from: number
  to: number
}

/** The segments of one bar that have a size, from below, by series. */
function stack(series: readonly Series[], at: number): ReadonlyMap<string, Span> {
  const spans = new Map<string, Span>()
  let height = 0
  for (const { key, values } of series) {
    const value = values[at] ?? 0
    if (value <= 0) continue
    spans.set(key, { from: height, to: height + value })
    height += value
  }
  return spans
}
