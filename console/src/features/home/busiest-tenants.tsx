import { Link } from '@tanstack/react-router'
import { useMemo, type ReactNode } from 'react'
import { formatCount, formatMoney, formatMs, formatTokens } from '../../lib/numbers.ts'
import { useMedia } from '../../lib/use-media.ts'
import { ListRow } from '../../ui/list-row.tsx'
import { Plate } from '../../ui/plate.tsx'
import { Section } from '../../ui/section.tsx'
import type { Column } from '../../ui/table-column.ts'
import { Table } from '../../ui/table.tsx'
import type { HomePages } from './home-pages.ts'
import type { BusyTenant, Overview } from './home.queries.ts'

/** A tenant this much slower than all of them together is out of line. */
const slowFactor = 1.5

/** The tenants with the most requests of the range. */
export function BusiestTenants(props: { overview: Overview; pages: HomePages; stale: boolean }): ReactNode {
  const { overview, pages } = props
  // Between a phone and a wide window the names need the room of what can be read elsewhere.
  const narrow = useMedia('(width <= 1000px)')
  const columns = useMemo(
    () => makeColumns({ overview, pages }).filter(({ key }) => !narrow || (key !== 'share' && key !== 'tokens')),
    [overview, pages, narrow],
  )
  const phoneRow = useMemo(() => makePhoneRow({ overview, pages }), [overview, pages])
  return (
    <Section
      title="Busiest tenants"
      bleed
      actions={
        pages.usage !== undefined && (
          <Link to={pages.usage} className="link no-underline hover:underline">
            Open usage
          </Link>
        )
      }
    >
      {overview.busiest.length === 0 ? (
        <p className="px-6 pb-[18px] text-ink-2 phone:px-4">No tenant was asked anything in this time.</p>
      ) : (
        <Table
          label="Busiest tenants"
          rows={overview.busiest}
          keyOf={(row) => row.tenant_id}
          columns={columns}
          lines={1}
          keys
          stale={props.stale}
          phoneRow={phoneRow}
        />
      )}
    </Section>
  )
}

function makeColumns(options: { overview: Overview; pages: HomePages }): readonly Column<BusyTenant>[] {
  const { overview, pages } = options
  const most = overview.busiest[0]?.requests ?? 0
  return [
    {
      key: 'tenant',
      head: 'Tenant',
      cell: (row) => (
        <span className="flex min-w-0 items-center gap-[10px]">
          <Plate tenantId={row.tenant_id} size={18} />
          <TenantName row={row} pages={pages} />
        </span>
      ),
    },
    {
      key: 'requests',
      head: 'Requests',
      width: '92px',
      align: 'end',
      cell: (row) => <span className="text-ink">{formatCount(row.requests)}</span>,
    },
    {
      key: 'share',
      head: 'Of the busiest',
      width: '18%',
      cell: (row) => <Share share={most === 0 ? 0 : row.requests / most} />,
    },
    { key: 'tokens', head: 'Tokens', width: '76px', align: 'end', cell: (row) => formatTokens(row.total_tokens) },
    {
      key: 'cost',
      head: 'Cost',
      width: '88px',
      align: 'end',
      cell: (row) => <span className="text-ink">{formatMoney(row.cost_micro_usd)}</span>,
    },
    {
      key: 'first-token',
      head: 'First token, p95',
      width: '132px',
      align: 'end',
      cell: (row) => <FirstToken row={row} overview={overview} />,
    },
  ]
}

function makePhoneRow(options: { overview: Overview; pages: HomePages }): (row: BusyTenant) => ReactNode {
  const { overview, pages } = options
  return (row) => (
    <ListRow
      mark={<Plate tenantId={row.tenant_id} size={24} />}
      name={<TenantName row={row} pages={pages} />}
      detail={`${formatTokens(row.total_tokens)} tokens, ${formatMoney(row.cost_micro_usd)}`}
      number={formatCount(row.requests)}
      below={<FirstToken row={row} overview={overview} prefix="p95 " />}
    />
  )
}

function TenantName(props: { row: BusyTenant; pages: HomePages }): ReactNode {
  const { row, pages } = props
  const shared = { title: row.name, className: 'truncate font-medium text-ink' }
  if (!pages.tenant) return <span {...shared}>{row.name}</span>
  return (
    <Link to={pages.tenant(row.tenant_id)} data-row-link {...shared}>
      {row.name}
    </Link>
  )
}

/** Decoration: the number stands beside it. */
function Share(props: { share: number }): ReactNode {
  return (
    <div aria-hidden="true" className="h-[4px] overflow-hidden rounded-full bg-line">
      <div className="h-full min-w-[2px] rounded-full bg-accent" style={{ width: `${props.share * 100}%` }} />
    </div>
  )
}

function FirstToken(props: { row: BusyTenant; overview: Overview; prefix?: string }): ReactNode {
  const { row, overview, prefix = '' } = props
  const [own, all] = [row.first_token_ms_p95, overview.totals.first_token_ms_p95]
  const words = prefix + formatMs(own)
  if (own === null || all === null || own <= all * slowFactor) return words
  return (
    <span
      className="font-semibold text-warn"
      title={`Slow: the first token of all tenants comes within ${formatMs(all)} (p95)`}
    >
      <span className="sr-only">Slow, </span>
      {words}
    </span>
  )
}
