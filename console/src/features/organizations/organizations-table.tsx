import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { formatMoney } from '../../lib/numbers.ts'
import { tenantPath } from '../../lib/paths.ts'
import { useMedia } from '../../lib/use-media.ts'
import { StateOrSetup, tenantColumns, TenantNameCell, TenantPhoneRow } from '../../panels/tenant-cells.tsx'
import { describeState } from '../../panels/tenant-state.ts'
import { ListTable, type ListProps } from '../../ui/list-table.tsx'
import { State } from '../../ui/state.tsx'
import type { Column } from '../../ui/table-column.ts'
import type { ListedOrganization } from './organizations.queries.ts'

/** An owner's organizations: a table, or two-line rows on a phone. Each row opens its organization. */
export function OrganizationsTable(
  props: ListProps<ListedOrganization> & {
    /** Those whose onboarding was begun here and is not finished. */
    unfinished: readonly { id: string }[]
  },
): ReactNode {
  const { unfinished: begun, ...list } = props
  const unfinished = new Set(begun.map(({ id }) => id))
  const room = { course: useMedia('(width >= 1040px)'), lastActive: useMedia('(width >= 920px)') }
  const columns = makeColumns(unfinished).filter(({ key }) =>
    key === 'course' ? room.course : key === 'last-active' ? room.lastActive : true,
  )
  return (
    <ListTable
      {...list}
      label="Organizations"
      columns={columns}
      phoneRow={(organization) => drawPhoneRow({ organization, isUnfinished: unfinished.has(organization.id) })}
    />
  )
}

function makeColumns(unfinished: ReadonlySet<string>): readonly Column<ListedOrganization>[] {
  return [
    {
      key: 'name',
      head: 'Organization',
      sorts: 'ascending',
      cell: ({ id, name }) => <TenantNameCell id={id} name={name} />,
    },
    {
      key: 'state',
      head: 'State',
      width: '186px',
      cell: (organization) => (
        <OrganizationState organization={organization} isUnfinished={unfinished.has(organization.id)} />
      ),
    },
    tenantColumns.course,
    tenantColumns.requests,
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
    tenantColumns.lastActive,
  ]
}

/** Its state: what fails leads to where it is mended, an onboarding that was left goes on. */
function OrganizationState(props: { organization: ListedOrganization; isUnfinished: boolean }): ReactNode {
  const { id, failing = [], is_active: isActive, state } = props.organization
  const { kind, words } = describeState(props.organization)
  const shown = <State kind={kind}>{words}</State>
  const isMendable = failing.length > 0 && isActive && state === 'active'
  return (
    <StateOrSetup tenant={props.organization} isUnfinished={props.isUnfinished}>
      {isMendable ? (
        <Link to={tenantPath(id, 'connections')} className="rounded-xs hover:underline">
          {shown}
        </Link>
      ) : (
        shown
      )}
    </StateOrSetup>
  )
}

function drawPhoneRow(shown: { organization: ListedOrganization; isUnfinished: boolean }): ReactNode {
  const { organization, isUnfinished } = shown
  return <TenantPhoneRow tenant={organization} isUnfinished={isUnfinished} state={<OrganizationState {...shown} />} />
}
