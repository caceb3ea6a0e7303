import type { ReactNode } from 'react'
import { describeProblem, toProblem } from '../../api/problem.ts'
import { formatMoney, formatMs } from '../../lib/numbers.ts'
import { useMedia } from '../../lib/use-media.ts'
import { StateOrSetup, tenantColumns, TenantNameCell, TenantPhoneRow } from '../../panels/tenant-cells.tsx'
import { describeState } from '../../panels/tenant-state.ts'
import { useRetryStore } from '../../panels/use-retry-store.ts'
import { Button } from '../../ui/button.tsx'
import { ListTable, type ListProps } from '../../ui/list-table.tsx'
import { Meter } from '../../ui/meter.tsx'
import { State } from '../../ui/state.tsx'
import type { Column } from '../../ui/table-column.ts'
import { useToasts } from '../../ui/toasts.ts'
import { Tooltip } from '../../ui/tooltip.tsx'
import type { ListedTenant } from './tenants.queries.ts'

/** The list of tenants: a table, or two-line rows on a phone. Each row opens its tenant. */
export function TenantsTable(
  props: ListProps<ListedTenant> & {
    /** Those whose onboarding was begun here and is not finished. */
    unfinished: readonly { id: string }[]
  },
): ReactNode {
  const { unfinished: begun, ...list } = props
  // What is left out first is what the tenant's own page tells as well.
  const room = {
    model: useMedia('(width >= 1340px)'),
    course: useMedia('(width >= 1130px)'),
    lastActive: useMedia('(width >= 920px)'),
  }
  const hasMeters = list.rows.some(({ limits }) => limits.cost_per_month_micro_usd !== null)
  const unfinished = new Set(begun.map(({ id }) => id))
  const hasFailed = list.rows.some(({ state }) => state === 'failed')
  const columns = makeColumns({ hasMeters, hasFailed, unfinished }).filter(({ key }) => {
    if (key === 'model' || key === 'retrieval') return room.model
    if (key === 'course' || key === 'first-token') return room.course
    return key === 'last-active' ? room.lastActive : true
  })
  return (
    <ListTable
      {...list}
      label="Tenants"
      columns={columns}
      phoneRow={(tenant) => drawPhoneRow({ tenant, isUnfinished: unfinished.has(tenant.id) })}
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
    { key: 'name', head: 'Tenant', sorts: 'ascending', cell: ({ id, name }) => <TenantNameCell id={id} name={name} /> },
    {
      key: 'state',
      head: 'State',
      width: options.hasFailed ? '192px' : '146px',
      cell: (tenant) => <TenantState tenant={tenant} isUnfinished={options.unfinished.has(tenant.id)} />,
    },
    {
      key: 'model',
      head: 'Model',
      width: '116px',
      cell: ({ effective }) =>
        effective?.model ? (
          <span title={effective.model}>{effective.model}</span>
        ) : (
          <span className="text-ink-3">none</span>
        ),
    },
    { key: 'retrieval', head: 'Retrieval', width: '80px', cell: ({ effective }) => effective?.retrieval },
    tenantColumns.course,
    tenantColumns.requests,
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
      width: options.hasMeters ? '150px' : '122px',
      align: 'end',
      cell: (tenant) => <CostCell tenant={tenant} hasMeters={options.hasMeters} />,
    },
    tenantColumns.lastActive,
  ]
}

/** Its state; where all is well but its onboarding, the way back into that. */
function TenantState(props: { tenant: ListedTenant; isUnfinished: boolean }): ReactNode {
  const { tenant } = props
  const { kind, words } = describeState(tenant)
  return (
    <StateOrSetup {...props}>
      {tenant.state === 'failed' ? <FailedState tenant={tenant} /> : <State kind={kind}>{words}</State>}
    </StateOrSetup>
  )
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

function drawPhoneRow(shown: { tenant: ListedTenant; isUnfinished: boolean }): ReactNode {
  return <TenantPhoneRow {...shown} state={<TenantState {...shown} />} />
}
