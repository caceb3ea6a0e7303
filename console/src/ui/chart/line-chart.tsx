import { useId, type ReactNode } from 'react'
import { classNames } from '../class-names.ts'
import { ChartFrame } from './frame.tsx'
import { usePlot, type Plot } from './plot.ts'
import { fills, openOpacity, strokes, type ChartProps, type Series, type SeriesColour } from './series.ts'

const inks: Record<SeriesColour, string> = {
  1: 'text-chart-1',
  2: 'text-chart-2',
  3: 'text-chart-3',
  4: 'text-chart-4',
  5: 'text-chart-5',
  other: 'text-chart-other',
}

/** Across a point without neighbours. */
const lonePx = 5

/**
 * Lines of 2 px over time, with a pale area below the first when `area`, the period before dashed, and the way to a point
 * that is not over yet pale. With `slots` each point has the place of a bar, so that bars can stand above or below.
 */
export function LineChart(props: ChartProps & { area?: boolean; isolated?: string; slots?: boolean }): ReactNode {
  const series = isolate(props.series, props.isolated)
  const largest = Math.max(0, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)))
  const [first] = series.filter(({ kind }) => kind !== 'before')
  return (
    <ChartFrame {...props} series={series} largest={largest} shape="line" layout={props.slots ? 'band' : 'point'}>
      {props.area && first && <Area series={first} />}
      <Crosshair />
      {/* The period before lies below, and the first series above all. */}
      {series.toReversed().map((one) => (
        <Line key={one.key} series={one} />
      ))}
    </ChartFrame>
  )
}

function Area({ series }: { series: Series }): ReactNode {
  const id = useId()
  const plot = usePlot()
  return (
    <g className={inks[series.colour]}>
      <linearGradient id={id} x1="0" x2="0" y1="0" y2="1">
        <stop offset="0" stopColor="currentColor" stopOpacity=".2" />
        <stop offset="1" stopColor="currentColor" stopOpacity=".02" />
      </linearGradient>
      {findRuns(cutAt(series.values, plot.openFrom).over).map((run) => (
        <path key={run[0]?.at} d={drawArea(run, plot)} fill={`url(#${id})`} />
      ))}
    </g>
  )
}

function Crosshair(): ReactNode {
  const { cursor, xOf, base } = usePlot()
  if (cursor === undefined) return null
  return <line x1={xOf(cursor)} x2={xOf(cursor)} y1="0" y2={base} className="stroke-line-strong" />
}

function Line({ series }: { series: Series }): ReactNode {
  const plot = usePlot()
  const before = series.kind === 'before'
  const value = plot.cursor === undefined ? null : series.values[plot.cursor]
  // The period before is over as a whole.
  const { over, open } = cutAt(series.values, before ? Number.POSITIVE_INFINITY : plot.openFrom)
  return (
    <>
      <g
        fill="none"
        strokeWidth={before ? 1.3 : 2}
        strokeDasharray={before ? '3 3' : undefined}
        strokeLinejoin="round"
        strokeLinecap="round"
        className={strokes[series.colour]}
      >
        {findRuns(over).map((run) => (
          <path key={run[0]?.at} d={drawLine(run, plot)} strokeWidth={widenLone(run)} />
        ))}
        {findRuns(open).map((run) => (
          <path key={run[0]?.at} d={drawLine(run, plot)} strokeWidth={widenLone(run)} strokeOpacity={openOpacity} />
        ))}
      </g>
      {plot.cursor !== undefined && !before && value !== null && value !== undefined && (
        <circle
          cx={plot.xOf(plot.cursor)}
          cy={plot.yOf(value)}
          r="4"
          strokeWidth="2"
          className={classNames(fills[series.colour], 'stroke-sheet')}
        />
      )}
    </>
  )
}

/** All series, or the isolated one with the period before. */
function isolate(series: readonly Series[], key: string | undefined): readonly Series[] {
  if (key === undefined || !series.some((one) => one.key === key)) return series
  return series.filter((one) => one.key === key || one.kind === 'before')
}

/** The values of points that are over, and those from the last of them on; what belongs to the other is null. */
function cutAt(
  values: readonly (number | null)[],
  openFrom: number,
): { over: readonly (number | null)[]; open: readonly (number | null)[] } {
  return {
    over: values.map((value, at) => (at < openFrom ? value : null)),
    open: openFrom < values.length ? values.map((value, at) => (at < openFrom - 1 ? null : value)) : [],
  }
}

interface Spot {
  at: number
  value: number
}

/** The stretches of values without gaps. */
function findRuns(values: readonly (number | null)[]): Spot[][] {
  const runs: Spot[][] = []
  let open: Spot[] | undefined
  for (const [at, value] of values.entries()) {
    if (value === null) {
      open = undefined
      continue
    }
    if (!open) runs.push((open = []))
    open.push({ at, value })
  }
  return runs
}

/** A lone point is a dot that is seen; undefined leaves a line its own width. */
function widenLone(run: readonly Spot[]): number | undefined {
  return run.length === 1 ? lonePx : undefined
}

function drawLine(run: readonly Spot[], plot: Plot): string {
  const path = run.map(({ at, value }) => `${plot.xOf(at).toFixed(1)} ${plot.yOf(value).toFixed(1)}`).join('L')
  // A line of no length with round ends is a dot.
  return run.length === 1 ? `M${path}h.01` : `M${path}`
}

function drawArea(run: readonly Spot[], plot: Plot): string {
  const [first, last] = [run[0]?.at ?? 0, run.at(-1)?.at ?? 0]
  return `${drawLine(run, plot)}L${plot.xOf(last).toFixed(1)} ${plot.base}L${plot.xOf(first).toFixed(1)} ${plot.base}Z`
}
