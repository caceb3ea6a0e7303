import { useMemo, type ReactNode } from 'react'
import { formatCount, formatMoney, formatMoneyTick, formatPlural, formatShort, formatTick } from '../../lib/numbers.ts'
import { formatBucket, formatBucketTick } from '../../lib/times.ts'
import { BarChart } from '../../ui/chart/bar-chart.tsx'
import { Legend } from '../../ui/chart/legend.tsx'
import type { Series, SeriesColour } from '../../ui/chart/series.ts'
import { FigureStrip } from '../../ui/figure.tsx'
import { describeFigures } from './usage-figures.ts'
import { measure, nameUsers, stackUsage, sumByBucket, sumUsage, type UsageCell } from './sum-usage.ts'
import { UsageTable } from './usage-table.tsx'
import { listBuckets, nameBefore, type FigureKey, type Group, type Period, type Range } from './usage-view.ts'

const colours = [1, 2, 3, 4, 5] as const
const othersKey = 'others'
const beforeKey = ':before'
const figureNames = { requests: 'Requests', tokens: 'Tokens', cost: 'Cost', failed: 'Failed requests' }

/** What a view shows, and how it changes. */
interface ReportProps {
  period: Period
  cells: readonly UsageCell[]
  /** The period before, as far as this one has come; undefined while it is not there. */
  before: { period: Period; cells: readonly UsageCell[] } | undefined
  range: Range
  now: Date
  stale: boolean
  /** Of tenants. */
  names: ReadonlyMap<string, string>
  view: { figure: FigureKey; only: string | undefined; sort: string }
  onChange: (changes: { figure?: FigureKey; only?: string | undefined; sort?: string }) => void
}

/** Figures, stacked bars and the table, all from the same cells. */
export function UsageReport(props: ReportProps): ReactNode {
  const { period, cells, view, onChange } = props
  const { rows, total } = useMemo(() => sumUsage({ cells, group: period.group }), [cells, period.group])
  const stack = useMemo(() => {
    const buckets = listBuckets(period)
    const { group } = period
    return { buckets, ...stackUsage({ cells, rows, buckets, group, figure: view.figure, shownMax: colours.length }) }
  }, [cells, rows, period, view.figure])
  const names = useMemo(
    () => (period.group === 'user' ? nameUsers(cells) : props.names),
    [cells, period.group, props.names],
  )
  const words = nameBefore({ range: props.range, period })
  const { before } = props
  const totalBefore = useMemo(() => before && sumUsage({ cells: before.cells, group: 'model' }).total, [before])
  const nameOf = (key: string): string => nameGroup({ key, group: period.group, names })
  const series: Series[] = stack.shown.map(({ key, values }, at) => ({
    key: key || 'none',
    name: nameOf(key),
    colour: colours[at] ?? 'other',
    values,
  }))
  if (stack.others.count > 0) {
    const name = formatPlural(stack.others.count, 'other')
    series.push({ key: othersKey, name, colour: 'other', values: stack.others.values })
  }
  const past = before && sumByBucket({ cells: before.cells, buckets: listBuckets(before.period), figure: view.figure })
  if (past && past.length <= stack.buckets.length && past.some((value) => value > 0)) {
    const values = stack.buckets.map((_, at) => past[at] ?? null)
    series.push({ key: beforeKey, name: words.name, colour: 'other', kind: 'before', values })
  }
  const colourOf = (key: string): SeriesColour => series.find((one) => one.key === (key || 'none'))?.colour ?? 'other'
  const only = series.some(({ key }) => key === view.only) ? view.only : undefined
  const format = view.figure === 'cost' ? formatMoney : formatCount
  const spanMs = Date.parse(period.to) - Date.parse(period.from)
  const sum = measure(total, view.figure)
  return (
    <div className={props.stale ? 'opacity-60 transition-opacity' : 'transition-opacity'}>
      <FigureStrip
        label="Figures of this time"
        chosen={view.figure}
        onChoose={(key) => onChange({ figure: key, only: undefined })}
        figures={describeFigures({ total, before: totalBefore, words })}
      />
      <section aria-label="Chart" className="relative border-b border-line px-6 pt-3 pb-4 phone:px-4">
        <div className="mb-2 flex flex-wrap items-center gap-x-4">
          <Legend series={series} shape="square" isolated={only} onIsolate={(key) => onChange({ only: key })} />
          <p className="ms-auto text-meta text-ink-3 phone:hidden">Click a name to see it alone</p>
        </div>
        <BarChart
          name={`${figureNames[view.figure]} per ${period.bucket} by ${period.group}: ${format(sum)} in all`}
          points={stack.buckets.map((time, at) => {
            const label = formatBucket({ time, bucket: period.bucket })
            // A period goes on until now.
            const open = at === stack.buckets.length - 1 && Date.parse(period.to) > props.now.getTime()
            return {
              key: time,
              tick: formatBucketTick({ time, bucket: period.bucket, spanMs }),
              label: open ? `${label}, so far` : label,
              open,
            }
          })}
          series={series}
          isolated={only}
          format={view.figure === 'cost' ? formatMoney : formatShort}
          formatTick={view.figure === 'cost' ? formatMoneyTick : formatTick}
          height={290}
        />
      </section>
      <UsageTable
        rows={rows}
        total={total}
        group={period.group}
        nameOf={nameOf}
        colourOf={colourOf}
        sort={view.sort}
        onSort={(sort) => onChange({ sort })}
      />
    </div>
  )
}

function nameGroup(options: { key: string; group: Group; names: ReadonlyMap<string, string> }): string {
  const { key, group, names } = options
  if (key === '') return group === 'user' ? 'No user' : 'Unknown'
  if (group === 'purpose') return key.slice(0, 1).toUpperCase() + key.slice(1)
  const name = group === 'model' ? undefined : names.get(key)
  if (name !== undefined) return name
  // Ids of users share their beginnings (a time); the end tells them apart, the whole is on hover and in the CSV.
  return group === 'user' ? `${key.slice(0, 8)}…${key.slice(-6)}` : key
}
