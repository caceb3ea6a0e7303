import type { ReactNode } from 'react'
import { formatColumnShare, formatCount, formatMoney, formatMs, formatPlural, formatTokens } from '../../lib/numbers.ts'
import { parseSort, sortRows, writeSort } from '../../lib/sort-rows.ts'
import { Swatch } from '../../ui/chart/legend.tsx'
import type { SeriesColour } from '../../ui/chart/series.ts'
import { ListRow } from '../../ui/list-row.tsx'
import { Table } from '../../ui/table.tsx'
import type { Column } from '../../ui/table-column.ts'
import type { UsageSum } from './sum-usage.ts'
import type { Group } from './usage-view.ts'

const heads: Record<Group, string> = { tenant: 'Tenant', model: 'Model', user: 'User', purpose: 'Purpose' }
const sortKeys = ['requests', 'failed', 'aborted', 'prompt', 'completion', 'cost', 'slowest'] as const

const numbers: readonly { key: (typeof sortKeys)[number]; head: string; write: (sum: UsageSum) => string }[] = [
  { key: 'requests', head: 'Requests', write: ({ requests }) => formatCount(requests) },
  { key: 'failed', head: 'Failed', write: ({ failed }) => formatCount(failed) },
  { key: 'aborted', head: 'Stopped', write: ({ aborted }) => formatCount(aborted) },
  { key: 'prompt', head: 'Prompt', write: ({ prompt }) => formatTokens(prompt) },
  { key: 'completion', head: 'Completion', write: ({ completion }) => formatTokens(completion) },
  { key: 'cost', head: 'Cost', write: ({ cost }) => formatMoney(cost) },
  { key: 'slowest', head: 'Slowest p95', write: ({ slowest }) => formatMs(slowest) },
]

/** The sums by group under those of all; sorted by any column. */
export function UsageTable(props: {
  rows: readonly UsageSum[]
  total: UsageSum
  group: Group
  nameOf: (key: string) => string
  colourOf: (key: string) => SeriesColour
  sort: string
  onSort: (sort: string) => void
}): ReactNode {
  const { total, group, nameOf, colourOf } = props
  const sort = parseSort(props.sort)
  const sortKey = sortKeys.find((key) => key === sort.key)
  const rows = sortRows({
    rows: props.rows,
    valueOf: (row) => (sort.key === 'name' ? nameOf(row.key) : row[sortKey ?? 'requests']),
    descending: sort.descending,
  })
  const share = ({ requests }: UsageSum): string =>
    formatColumnShare(total.requests === 0 ? 0 : requests / total.requests)
  const columns = numbers.map(({ key, head, write }): Column<UsageSum> => ({
    key,
    head,
    width: key === 'completion' || key === 'slowest' ? '11%' : '9.5%',
    align: 'end',
    sorts: 'descending',
    cell: write,
  }))
  const nameColumn: Column<UsageSum> = {
    key: 'name',
    head: heads[group],
    sorts: 'ascending',
    cell: ({ key }) => writeName({ key, name: nameOf(key), colour: colourOf(key) }),
  }
  const shareColumn: Column<UsageSum> = { key: 'share', head: 'Share', width: '7.5%', align: 'end', cell: share }
  const known = props.rows.filter(({ key }) => key !== '').length
  const all = known > 1 ? `All ${formatPlural(known, group)}` : 'All requests'
  const [requests, ...others] = numbers
  return (
    <Table
      label={`Usage by ${group}`}
      lines={1}
      keys
      rows={rows}
      keyOf={({ key }) => key}
      columns={[nameColumn, ...columns.slice(0, 1), shareColumn, ...columns.slice(1)]}
      sort={sort}
      onSort={(next) => props.onSort(writeSort(next))}
      totals={[all, requests?.write(total), '100 %', ...others.map(({ write }) => write(total))]}
      phoneRow={(row) => writePhoneRow({ row, name: nameOf(row.key), colour: colourOf(row.key), share: share(row) })}
    />
  )
}

function writeName(options: { key: string; name: string; colour: SeriesColour }): ReactNode {
  return (
    <span className="flex min-w-0 items-center gap-[10px] font-normal text-ink">
      <Swatch colour={options.colour} shape="square" />
      <span className="truncate" title={options.key}>
        {options.name}
      </span>
    </span>
  )
}

function writePhoneRow(options: { row: UsageSum; name: string; colour: SeriesColour; share: string }): ReactNode {
  const { row, name, colour, share } = options
  return (
    <ListRow
      mark={<Swatch colour={colour} shape="square" />}
      name={<span title={row.key}>{name}</span>}
      detail={`${formatTokens(row.tokens)} tokens · ${formatCount(row.failed)} failed · ${share}`}
      number={formatCount(row.requests)}
      below={formatMoney(row.cost)}
    />
  )
}
