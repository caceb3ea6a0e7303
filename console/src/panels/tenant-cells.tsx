import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { formatCount } from '../lib/numbers.ts'
import { onboardingLink, tenantPath } from '../lib/paths.ts'
import { ListRow } from '../ui/list-row.tsx'
import { Plate } from '../ui/plate.tsx'
import { Sparkline } from '../ui/sparkline.tsx'
import type { Column } from '../ui/table-column.ts'
import { When } from '../ui/time.tsx'
import { describeState, type TenantCondition } from './tenant-state.ts'

/** A tenant as its lists show it. */
export interface TenantInList extends TenantCondition {
  id: string
  name: string
  usage?: { daily: readonly number[]; requests_7d: number; last_active_at: string | null }
}

/** The columns that every list of tenants has. */
export const tenantColumns = {
  course: { key: 'course', head: '28 days', width: '96px', cell: drawCourse },
  requests: {
    key: 'requests',
    head: 'Requests, 7 d',
    width: '112px',
    align: 'end',
    sorts: 'descending',
    cell: countRequests,
  },
  lastActive: {
    key: 'last-active',
    head: 'Last active',
    width: '102px',
    align: 'end',
    cell: ({ usage }) =>
      usage?.last_active_at == null ? <span className="text-ink-3">never</span> : <When time={usage.last_active_at} />,
  },
} satisfies Record<string, Column<TenantInList>>

/** Plate, name and id; the name opens the tenant. */
export function TenantNameCell(props: { id: string; name: string }): ReactNode {
  const { id, name } = props
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

/** The state of a tenant (`children`); where all is well but its onboarding, the way back into that. */
export function StateOrSetup(props: { tenant: TenantInList; isUnfinished: boolean; children: ReactNode }): ReactNode {
  const { id, name } = props.tenant
  if (!props.isUnfinished || describeState(props.tenant).kind !== 'fine') return props.children
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

/** A tenant as two lines of a phone's list; its `state` is shown where it is out of line. */
export function TenantPhoneRow(props: { tenant: TenantInList; isUnfinished: boolean; state: ReactNode }): ReactNode {
  const { tenant, isUnfinished } = props
  const isFine = describeState(tenant).kind === 'fine' && !isUnfinished
  return (
    <ListRow
      mark={<Plate tenantId={tenant.id} size={36} />}
      name={
        <Link to={tenantPath(tenant.id)} data-row-link="" dir="auto">
          {tenant.name}
        </Link>
      }
      detail={isFine ? <span className="font-mono">{tenant.id}</span> : props.state}
      number={countRequests(tenant)}
      below={drawCourse(tenant)}
    />
  )
}

/** The course of 28 days; nothing drawn when there was none. */
function drawCourse({ usage, failing }: TenantInList): ReactNode {
  const daily = usage?.daily ?? []
  if (!daily.some((count) => count > 0)) return null
  return <Sparkline values={daily} failing={failing?.includes('model')} />
}

function countRequests({ usage }: TenantInList): string {
  return formatCount(usage?.requests_7d ?? 0)
}
