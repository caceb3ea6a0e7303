import { useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { formatPlural } from '../../lib/numbers.ts'
import { ListEnd } from '../../panels/list-end.tsx'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { TableSkeleton } from '../../ui/bone.tsx'
import { CopyId } from '../../ui/copy-id.tsx'
import { ListRow } from '../../ui/list-row.tsx'
import { Section } from '../../ui/section.tsx'
import { Table } from '../../ui/table.tsx'
import type { Column } from '../../ui/table-column.ts'
import { When } from '../../ui/time.tsx'
import { describeCounter, titleOf } from './limit-words.ts'
import { getRefusalsQueryOptions, type Refusal } from './limits.queries.ts'

const columns: readonly Column<Refusal>[] = [
  { key: 'at', head: 'Last', width: '110px', cell: ({ at }) => <When time={at} /> },
  { key: 'counter', head: 'Limit', cell: (row) => <Counter refusal={row} /> },
  { key: 'user', head: 'User', cell: ({ user }) => user.email ?? user.id },
  { key: 'requests', head: 'Refused', width: '90px', align: 'end', cell: ({ requests }) => requests },
  {
    key: 'request',
    head: 'Last request',
    width: '132px',
    cell: ({ request_id: id }) => <CopyId id={id} what="request id" />,
  },
]

/** Every refusal of the last 30 days: which counter, how full, whose request, and until when. */
export function RefusalsSection(props: { tenantId: string }): ReactNode {
  const refusals = useInfiniteQuery(getRefusalsQueryOptions(useApi(), props.tenantId))
  return (
    <Section title="Refused requests" bleed>
      <QueryPanel what="Refused requests" query={refusals} skeleton={<TableSkeleton rows={3} />}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items)
          if (rows.length === 0) {
            return <p className="px-6 pb-[18px] text-ink-3 phone:px-4">Nothing was refused in the last 30 days.</p>
          }
          return (
            <>
              <Table
                label="Refused requests"
                rows={rows}
                keyOf={({ id }) => id}
                columns={columns}
                sticky={false}
                onEndNear={() => void (refusals.hasNextPage && refusals.fetchNextPage())}
                phoneRow={drawPhoneRow}
              />
              <ListEnd
                what="The next refusals"
                unit="row"
                rows={rows.length}
                total={refusals.hasNextPage ? undefined : rows.length}
                pages={refusals}
              />
            </>
          )
        }}
      </QueryPanel>
    </Section>
  )
}

function drawPhoneRow(row: Refusal): ReactNode {
  return (
    <ListRow
      name={titleOf(row.name)}
      detail={
        <>
          {describeCounter(row)}, {row.user.email ?? row.user.id}
        </>
      }
      number={formatPlural(row.requests, 'request')}
      below={<When time={row.at} />}
    />
  )
}

function Counter(props: { refusal: Refusal }): ReactNode {
  const { refusal } = props
  return (
    <div className="min-w-0">
      <p className="truncate text-ink">
        {titleOf(refusal.name)}
        {refusal.scope === 'user' && <span className="text-ink-3"> of one user</span>}
      </p>
      <p className="truncate text-meta text-ink-3">
        {describeCounter(refusal)}, free again <When time={refusal.resets_at} />
      </p>
    </div>
  )
}
