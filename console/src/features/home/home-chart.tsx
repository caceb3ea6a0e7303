import { useMemo, type ReactNode } from 'react'
import { Legend } from '../../ui/chart/legend.tsx'
import { LineChart } from '../../ui/chart/line-chart.tsx'
import { classNames } from '../../ui/class-names.ts'
import { Section } from '../../ui/section.tsx'
import { homeFigures } from './home-figures.ts'
import { drawFigure } from './home-series.ts'
import type { Overview } from './home.queries.ts'
import { describeRange } from '../../lib/ranges.ts'
import { type FigureKey } from './home.view.ts'

/** The pressed figure over time, with the period before dashed. */
export function HomeChart(props: { overview: Overview; figure: FigureKey; stale: boolean }): ReactNode {
  const { overview, figure } = props
  const chart = useMemo(() => drawFigure({ overview, figure }), [overview, figure])
  const { title, format, formatTick } = homeFigures[figure]
  return (
    <Section
      title={`${title}, ${describeRange(overview.range).every}`}
      actions={<Legend series={chart.series} shape="line" />}
    >
      <div className={classNames('transition-opacity', props.stale && 'opacity-60')}>
        <LineChart {...chart} area height={236} format={format} formatTick={formatTick} />
      </div>
    </Section>
  )
}
