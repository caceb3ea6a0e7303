import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { describeProblem, toProblem } from '../../api/problem.ts'
import { formatCount, formatMoney, formatMs } from '../../lib/numbers.ts'
import { onboardingLink, tenantPath } from '../../lib/paths.ts'
import { parseSort, type Sort } from '../../lib/sort-rows.ts'
import { useMedia } from '../../lib/use-media.ts'
import { useRetryStore } from '../../panels/use-retry-store.ts'
import { Button } from '../../ui/button.tsx'
import { ListRow } from '../../ui/list-row.tsx'
import { Meter } from '../../ui/meter.tsx'
import { Plate } from '../../ui/plate.tsx'
import { Sparkline } from '../../ui/sparkline.tsx'
import { State } from '../../ui/state.tsx'
import type { Column } from '../../ui/table-column.ts'
import { Table } from '../../ui/table.tsx'
import { When } from '../../ui/time.tsx'
import { useToasts } from '../../ui/toasts.ts'
import { Tooltip } from '../../ui/tooltip.tsx'
import { describeState } from '../../panels/tenant-state.ts'
import type { ListedTenant } from './tenants.queries.ts'

/** The list of tenants: a table, or two-line rows on a phone. Each row opens its tenant. */
export function TenantsTable(props: {
  tenants: readonly ListedTenant[]
  total: number | undefined
  /** Those whose onboarding was begun here and is not finished. */
  unfinished: readonly { id: string }[]
  sort: string
  onSort: (sort: Sort) => void
  stale: boolean
  onEndNear: (() => void) | undefined
}): ReactNode {
  // What is left out first is what the tenant's own page tells as well.
  const room = {
    model: useMedia('(width >= 1340px)'),
    course: useMedia('(width >= 1130px)'),
    lastActive: useMedia('(width >= 920px)'),
  }
  const hasMeters = props.tenants.some(({ limits }) => limits.cost_per_month_micro_usd !== null)
  const unfinished = new Set(props.unfinished.map(({ id }) => id))
  const hasFailed = props.tenants.some(({ state }) => state === 'failed')
  const columns = makeColumns({ hasMeters, hasFailed, unfinished }).filter(({ key }) => {
    if (key === 'model' || key === 'retrieval') return room.model
    if (key === 'course' || key === 'first-token') return room.course
    return key === 'last-active' ? room.lastActive : true
  })
  return (
    <Table
      label="Tenants"
      rows={props.tenants}
      rowsTotal={props.total}
      keyOf={(tenant) => tenant.id}
      columns={columns}
      sort={parseSort(props.sort)}
      onSort={props.onSort}
      phoneRow={(tenant) => drawPhoneRow(tenant, unfinished.has(tenant.id))}
      onEndNear={props.onEndNear}
      stale={props.stale}
      keys
    />
  )
}

function makeColumns(options: {
  hasMeters: boolean
  /** Whether some state comes with a button. */
  hasFailed: boolean
  unfinished: ReadonlySet<string>
}): readonly Column<ListedTenant>[] {
  return [
    { key: 'name', head: 'Tenant', sorts: 'ascending', cell: (tenant) => <NameCell tenant={tenant} /> },
    {
      key: 'state',
      head: 'State',
      width: options.hasFailed ? '192px' : '146px',
      cell: (tenant) => <TenantState tenant={tenant} isUnfinished={options.unfinished.has(tenant.id)} />,
    },
    {
      key: 'model',
      head: 'Model',
      width: '124px',
      cell: ({ effective }) =>
        effective?.model ? (
          <span title={effective.model}>{effective.model}</span>
        ) : (
          <span className="text-ink-3">none</span>
        ),
    },
    { key: 'retrieval', head: 'Retrieval', width: '86px', cell: ({ effective }) => effective?.retrieval },
    {
      key: 'course',
      head: '28 days',
      width: '96px',
      cell: (tenant) => <Course tenant={tenant} />,
    },
    {
      key: 'requests',
      head: 'Requests, 7 d',
      width: '112px',
      align: 'end',
      sorts: 'descending',
      cell: ({ usage }) => formatCount(usage?.requests_7d ?? 0),
    },
    {
      key: 'first-token',
      head: 'First token, p95',
      width: '118px',
      align: 'end',
      cell: ({ usage }) =>
        usage?.first_token_ms_p95 == null ? (
          <span className="text-ink-3">no data</span>
        ) : (
          formatMs(usage.first_token_ms_p95)
        ),
    },
    {
      key: 'cost',
      head: 'Cost this month',
      width: options.hasMeters ? '166px' : '122px',
      align: 'end',
      cell: (tenant) => <CostCell tenant={tenant} hasMeters={options.hasMeters} />,
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

function NameCell(props: { tenant: ListedTenant }): ReactNode {
  const { id, name } = props.tenant
  return (
    <span className="flex items-center gap-[10px]">
      <Plate tenantId={id} />
      <span className="flex min-w-0 flex-col">
        <Link
          to={tenantPath(id)}
          data-row-link=""
          dir="auto"
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

/** Its state; where all is well but its onboarding, the way back into that. */
function TenantState(props: { tenant: ListedTenant; isUnfinished: boolean }): ReactNode {
  const { kind, words } = describeState(props.tenant)
  if (kind === 'fine' && props.isUnfinished) {
    return (
      <Link
        {...onboardingLink({ tenantId: props.tenant.id })}
        className="link no-underline hover:underline"
        aria-label={`Finish setup of ${props.tenant.name}`}
      >
        Finish setup
      </Link>
    )
  }
  if (props.tenant.state === 'failed') return <FailedState tenant={props.tenant} />
  return <State kind={kind}>{words}</State>
}

/** Why its database could not be made or migrated, with the way to try again. */
function FailedState(props: { tenant: ListedTenant }): ReactNode {
  const { tenant } = props
  const retry = useRetryStore(tenant.id)
  const toasts = useToasts()
  const { kind, words } = describeState(tenant)
  const again = (): void =>
    retry.mutate(undefined, {
      onSuccess: (found) => {
        if (found.state === 'failed')
          toasts.failed(`${tenant.name} failed again`, { detail: found.failure ?? undefined })
        else if (found.state === 'active') toasts.done(`${tenant.name} is ready`)
      },
      onError: (thrown) => {
        const { title, advice } = describeProblem({ problem: toProblem(thrown), attempt: 'other' })
        toasts.failed(`${tenant.name} was not tried again`, { detail: `${title} ${advice}` })
      },
    })
  return (
    <span className="flex min-w-0 items-center justify-between gap-2">
      <span className="min-w-0 truncate" title={tenant.failure ?? undefined}>
        <State kind={kind}>{words}</State>
      </span>
      <Tooltip words={tenant.failure ?? 'The database server does not answer.'}>
        <Button
          kind="text"
          size="small"
          className="mx-0!"
          busy={retry.isPending}
          aria-label={`Try ${tenant.name} again`}
          onClick={again}
        >
          Retry
        </Button>
      </Tooltip>
    </span>
  )
}

/** The course of 28 days; nothing drawn when there was none. */
function Course(props: { tenant: ListedTenant }): ReactNode {
  const daily = props.tenant.usage?.daily ?? []
  if (!daily.some((count) => count > 0)) return null
  return <Sparkline values={daily} failing={props.tenant.failing?.includes('model')} />
}

function CostCell(props: { tenant: ListedTenant; hasMeters: boolean }): ReactNode {
  const { usage, limits, name } = props.tenant
  const cost = usage === undefined ? 0 : usage.cost_month_micro_usd
  const words = cost === null ? <span className="text-ink-3">no price</span> : formatMoney(cost)
  if (!props.hasMeters) return words
  const limit = limits.cost_per_month_micro_usd
  return (
    <span className="flex items-center justify-end gap-[10px]">
      {words}
      <Meter
        className="w-[46px] shrink-0"
        label={`Cost of ${name}, ${formatMoney(cost)}${limit === null ? '' : ` of ${formatMoney(limit)}`}`}
        share={limit === null || cost === null ? undefined : limit === 0 ? 1 : cost / limit}
      />
    </span>
  )
}

function drawPhoneRow(tenant: ListedTenant, isUnfinished: boolean): ReactNode {
  const state = describeState(tenant)
  return (
    <ListRow
      mark={<Plate tenantId={tenant.id} size={36} />}
      name={
        <Link to={tenantPath(tenant.id)} data-row-link="" dir="auto">
          {tenant.name}
        </Link>
      }
      detail={
        state.kind === 'fine' && !isUnfinished ? (
          <span className="font-mono">{tenant.id}</span>
        ) : (
          <TenantState tenant={tenant} isUnfinished={isUnfinished} />
        )
      }
      number={formatCount(tenant.usage?.requests_7d ?? 0)}
      below={<Course tenant={tenant} />}
    />
  )
}
