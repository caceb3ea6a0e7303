import { useMemo, useState, type ReactNode } from 'react'
import { BarChart } from '../../ui/chart/bar-chart.tsx'
import { Legend, Swatch } from '../../ui/chart/legend.tsx'
import { LineChart } from '../../ui/chart/line-chart.tsx'
import { classNames } from '../../ui/class-names.ts'
import { Figure } from '../../ui/figure.tsx'
import { Section } from '../../ui/section.tsx'
import { chartKeys, countStepsInBar, drawChart, type OverviewChart } from './overview-charts.ts'
import type { TenantOverview } from './tenant-overview.queries.ts'

/** Requests, first token, tokens and cost on one axis of time, two by two, with one crosshair. */
export function OverviewGrid(props: {
  overview: TenantOverview
  /** The series that its chart shows alone. */
  only: string | undefined
  onOnly: (key: string | undefined) => void
  stale: boolean
}): ReactNode {
  const { overview } = props
  const charts = useMemo(() => chartKeys.map((key) => drawChart({ overview, key })), [overview])
  const [step, setStep] = useState<number>()
  const stepsInBar = countStepsInBar(overview)
  return (
    <div className={classNames('@container border-b border-line transition-opacity', props.stale && 'opacity-60')}>
      <div className="grid @min-[720px]:grid-cols-2">
        {charts.map((chart) => (
          <ChartCell
            key={chart.key}
            chart={chart}
            only={props.only}
            onOnly={props.onOnly}
            step={step}
            onStep={setStep}
            stepsEach={chart.kind === 'bars' ? stepsInBar : 1}
          />
        ))}
      </div>
    </div>
  )
}

function ChartCell(props: {
  chart: OverviewChart
  only: string | undefined
  onOnly: (key: string | undefined) => void
  /** The step under the crosshair, which all charts share. */
  step: number | undefined
  onStep: (step: number | undefined) => void
  stepsEach: number
}): ReactNode {
  const { chart, only, step, stepsEach } = props
  const { title, comparison, more, kind, series, value, name, points, format, formatTick } = chart
  const named = series.filter((one) => one.kind !== 'before')
  const isolated = named.some(({ key }) => key === only) ? only : undefined
  const shape = kind === 'bars' ? 'square' : 'line'
  const shared = {
    name,
    points,
    series,
    format,
    formatTick,
    isolated,
    height: 172,
    cursor: step === undefined ? undefined : Math.floor(step / stepsEach),
    onCursor: (at: number | undefined) =>
      props.onStep(at === undefined ? undefined : at * stepsEach + Math.floor(stepsEach / 2)),
  }
  return (
    <Section
      title={title}
      className="border-b-0! not-first:border-t @min-[720px]:nth-2:border-t-0 @min-[720px]:odd:border-e"
      actions={
        // As high without a legend as with one, so that the charts of a row stand level.
        <div className="flex min-h-[24px] items-center">
          {named.length > 1 && <Legend series={named} shape={shape} isolated={isolated} onIsolate={props.onOnly} />}
        </div>
      }
    >
      <div className="-mt-[10px] mb-2">
        <Figure
          size="head"
          name={title}
          value={value}
          change={comparison.change}
          note={<Note comparison={comparison} more={more} />}
        />
      </div>
      {kind === 'bars' ? <BarChart {...shared} /> : <LineChart {...shared} slots />}
    </Section>
  )
}

/** What a figure is compared with, marked as its line is, and what else is to be said of it. */
function Note(props: { comparison: OverviewChart['comparison']; more: string | undefined }): ReactNode {
  const { comparison, more } = props
  return (
    <>
      {comparison.change && (
        <span className="me-1 inline-flex h-[12px] items-center align-middle">
          <Swatch colour="other" shape="dashed" />
        </span>
      )}
      {[comparison.note, more].filter((words) => words !== undefined).join(', ')}
    </>
  )
}
