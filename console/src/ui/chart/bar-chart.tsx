import type { ReactNode } from 'react'
import { ChartFrame, usePlot } from './frame.tsx'
import { fills, openOpacity, strokes, type ChartProps, type Series, type SeriesColour } from './series.ts'

const gapShare = 0.22
const partPx = 1

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
  return (
    <ChartFrame {...props} series={series} largest={largest} shape="square" layout="band" stacked>
      <Band />
      {props.points.map((point, at) => (
        <g key={point.key} opacity={point.open ? openOpacity : undefined}>
          {stack(segments, at).map(({ one, from, to }) => (
            <Segment key={one.key} colour={one.colour} from={from} to={to} at={at} />
          ))}
        </g>
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

function Segment(props: { colour: SeriesColour; from: number; to: number; at: number }): ReactNode {
  const { colour, from, to, at } = props
  const plot = usePlot()
  const width = Math.max(1, plot.step * (1 - gapShare))
  const x = plot.xOf(at) - width / 2
  const top = plot.yOf(to)
  const height = plot.yOf(from) - top - (from > 0 ? partPx : 0)
  // Too thin to be parted: what there is stays visible.
  const shown = Math.max(height, 0.75)
  if (colour !== 'other') return <rect x={x} y={top} width={width} height={shown} className={fills[colour]} />
  return (
    <>
      <rect x={x} y={top} width={width} height={shown} className={fills.other} opacity=".35" />
      <rect x={x} y={top} width={width} height={Math.min(2, shown)} className={fills.other} />
    </>
  )
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

/** The segments of one bar that have a size, from below. */
function stack(series: readonly Series[], at: number): { one: Series; from: number; to: number }[] {
  let height = 0
  return series.flatMap((one) => {
    const value = one.values[at] ?? 0
    if (value <= 0) return []
    const from = height
    height += value
    return [{ one, from, to: height }]
  })
}
