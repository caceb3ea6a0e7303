import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { formatCount, formatMoney } from '../../lib/numbers.ts'
import { onboardingLink, tenantPath } from '../../lib/paths.ts'
import { parseSort, type Sort } from '../../lib/sort-rows.ts'
import { useMedia } from '../../lib/use-media.ts'
import { describeState } from '../../panels/tenant-state.ts'
import { ListRow } from '../../ui/list-row.tsx'
import { Plate } from '../../ui/plate.tsx'
import { Sparkline } from '../../ui/sparkline.tsx'
import { State } from '../../ui/state.tsx'
import type { Column } from '../../ui/table-column.ts'
import { Table } from '../../ui/table.tsx'
import { When } from '../../ui/time.tsx'
import type { ListedOrganization } from './organizations.queries.ts'

/** An owner's organizations: a table, or two-line rows on a phone. Each row opens its organization. */
export function OrganizationsTable(props: {
  organizations: readonly ListedOrganization[]
  total: number | undefined
  /** Those whose onboarding was begun here and is not finished. */
  unfinished: readonly { id: string }[]
  sort: string
  onSort: (sort: Sort) => void
  stale: boolean
  onEndNear: (() => void) | undefined
}): ReactNode {
  const unfinished = new Set(props.unfinished.map(({ id }) => id))
  const room = { course: useMedia('(width >= 1040px)'), lastActive: useMedia('(width >= 920px)') }
  const columns = makeColumns(unfinished).filter(({ key }) =>
    key === 'course' ? room.course : key === 'last-active' ? room.lastActive : true,
  )
  return (
    <Table
      label="Organizations"
      rows={props.organizations}
      rowsTotal={props.total}
      keyOf={({ id }) => id}
      columns={columns}
      sort={parseSort(props.sort)}
      onSort={props.onSort}
      phoneRow={(organization) => drawPhoneRow(organization, unfinished.has(organization.id))}
      onEndNear={props.onEndNear}
      stale={props.stale}
      keys
    />
  )
}

function makeColumns(unfinished: ReadonlySet<string>): readonly Column<ListedOrganization>[] {
  return [
    { key: 'name', head: 'Organization', sorts: 'ascending', cell: ({ id, name }) => <NameCell id={id} name={name} /> },
    {
      key: 'state',
      head: 'State',
      width: '186px',
      cell: (organization) => (
        <OrganizationState organization={organization} isUnfinished={unfinished.has(organization.id)} />
      ),
    },
    { key: 'course', head: '28 days', width: '96px', cell: ({ usage, failing }) => drawCourse({ usage, failing }) },
    {
      key: 'requests',
      head: 'Requests, 7 d',
      width: '112px',
      align: 'end',
      sorts: 'descending',
      cell: ({ usage }) => formatCount(usage?.requests_7d ?? 0),
    },
    {
      key: 'cost',
      head: 'Cost this month',
      width: '122px',
      align: 'end',
      cell: ({ usage }) =>
        usage?.cost_month_micro_usd === null ? (
          <span className="text-ink-3">no price</span>
        ) : (
          formatMoney(usage?.cost_month_micro_usd ?? 0)
        ),
    },
    {
      key: 'last-active',
      head: 'Last active',
      width: '102px',
      align: 'end',
      cell: ({ usage }) =>
        usage?.last_active_at == null ? (
          <span className="text-ink-3">never</span>
        ) : (
          <When time={usage.last_active_at} />
        ),
    },
  ]
}

function NameCell(props: { id: string; name: string }): ReactNode {
  const { id, name } = props
  return (
    <span className="flex items-center gap-[10px]">
      <Plate tenantId={id} />
      <span className="flex min-w-0 flex-col">
        <Link
          to={tenantPath(id)}
          data-row-link=""
          title={name}
          className="-m-[2px] truncate rounded-xs p-[2px] leading-[16px] font-medium text-ink -outline-offset-2"
        >
          {name}
        </Link>
        <span className="truncate font-mono text-[12px]/[16px] font-normal text-ink-3" title={id}>
          {id}
        </span>
      </span>
    </span>
  )
}

/** Its state: what fails leads to where it is mended, an onboarding that was left goes on. */
function OrganizationState(props: { organization: ListedOrganization; isUnfinished: boolean }): ReactNode {
  const { id, name, failing = [], is_active: isActive, state } = props.organization
  const { kind, words } = describeState(props.organization)
  if (kind === 'fine' && props.isUnfinished) {
    return (
      <Link
        {...onboardingLink({ tenantId: id })}
        className="link no-underline hover:underline"
        aria-label={`Finish setup of ${name}`}
      >
        Finish setup
      </Link>
    )
  }
  if (failing.length > 0 && isActive && state === 'active') {
    return (
      <Link to={tenantPath(id, 'connections')} className="rounded-xs hover:underline">
        <State kind={kind}>{words}</State>
      </Link>
    )
  }
  return <State kind={kind}>{words}</State>
}

function drawCourse(organization: Pick<ListedOrganization, 'usage' | 'failing'>): ReactNode {
  const daily = organization.usage?.daily ?? []
  if (!daily.some((count) => count > 0)) return null
  return <Sparkline values={daily} failing={organization.failing?.includes('model')} />
}

function drawPhoneRow(organization: ListedOrganization, isUnfinished: boolean): ReactNode {
  const { id, name, usage } = organization
  const isFine = describeState(organization).kind === 'fine' && !isUnfinished
  return (
    <ListRow
      mark={<Plate tenantId={id} size={36} />}
      name={
        <Link to={tenantPath(id)} data-row-link="">
          {name}
        </Link>
      }
      detail={
        isFine ? (
          <span className="font-mono">{id}</span>
        ) : (
          <OrganizationState organization={organization} isUnfinished={isUnfinished} />
        )
      }
      number={formatCount(usage?.requests_7d ?? 0)}
      below={drawCourse(organization)}
    />
  )
}
