import type { ReactNode } from 'react'
import { ChartFrame, usePlot } from './frame.tsx'
import { fills, type ChartProps, type Series, type SeriesColour } from './series.ts'

const gapShare = 0.22
const partPx = 1

/** Bars of stacked segments, the first series lowest, parted by the sheet's colour; `other` is pale with a full edge. */
export function BarChart(props: ChartProps & { isolated?: string }): ReactNode {
  const alone = props.series.filter(({ key }) => key === props.isolated)
  const series = alone.length > 0 ? alone : props.series
  const largest = Math.max(
    0,
    ...props.points.map((_, at) => series.reduce((sum, { values }) => sum + (values[at] ?? 0), 0)),
  )
  return (
    <ChartFrame {...props} series={series} largest={largest} shape="square" layout="band" stacked>
      <Band />
      {props.points.map((point, at) => (
        <g key={point.key}>
          {stack(series, at).map(({ one, from, to }) => (
            <Segment key={one.key} colour={one.colour} from={from} to={to} at={at} />
          ))}
        </g>
      ))}
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
