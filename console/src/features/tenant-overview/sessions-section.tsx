import { useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { formatCount, formatMoney, formatPlural } from '../../lib/numbers.ts'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { Bone } from '../../ui/bone.tsx'
import { Button } from '../../ui/button.tsx'
import { ListRow } from '../../ui/list-row.tsx'
import { Section } from '../../ui/section.tsx'
import { State } from '../../ui/state.tsx'
import type { Column } from '../../ui/table-column.ts'
import { Table } from '../../ui/table.tsx'
import { When } from '../../ui/time.tsx'
import { getTenantSessionsQueryOptions, type SessionFigures } from './tenant-overview.queries.ts'

const rowsAwaited = 6

/** The conversations of a tenant's users, last used first: ids, counts and times. What was said is theirs alone. */
export function SessionsSection(props: { tenantId: string }): ReactNode {
  const sessions = useInfiniteQuery(getTenantSessionsQueryOptions({ api: useApi(), id: props.tenantId }))
  const rows = sessions.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <Section title="Recent sessions" bleed>
      <QueryPanel what="The sessions" query={sessions} skeleton={<SessionsSkeleton />}>
        {() =>
          rows.length === 0 ? (
            <p className="px-6 pb-[18px] text-ink-2 phone:px-4">
              No conversation is kept: none was started, or their users deleted them.
            </p>
          ) : (
            <>
              <Table
                label="Recent sessions"
                rows={rows}
                keyOf={({ id }) => id}
                columns={columns}
                lines={1}
                sticky={false}
                phoneRow={writePhoneRow}
              />
              {(sessions.hasNextPage || sessions.isFetchNextPageError) && (
                <div className="flex flex-wrap items-center gap-3 px-6 py-3 phone:px-4">
                  <Button kind="text" busy={sessions.isFetchingNextPage} onClick={() => void sessions.fetchNextPage()}>
                    Show older sessions
                  </Button>
                  {sessions.isFetchNextPageError && (
                    <span role="alert" className="text-danger">
                      Older sessions did not load.
                    </span>
                  )}
                </div>
              )}
            </>
          )
        }
      </QueryPanel>
    </Section>
  )
}

const columns: readonly Column<SessionFigures>[] = [
  { key: 'session', head: 'Session', cell: ({ id }) => <ShortId id={id} /> },
  { key: 'user', head: 'User', cell: ({ user_id: id }) => <ShortId id={id} quiet /> },
  { key: 'ended', head: 'Ended', width: '132px', cell: ({ last_status: status }) => <Ended status={status} /> },
  {
    key: 'messages',
    head: 'Messages',
    width: '92px',
    align: 'end',
    cell: ({ messages }) => <span className="text-ink">{formatCount(messages)}</span>,
  },
  { key: 'tokens', head: 'Tokens', width: '92px', align: 'end', cell: (row) => formatCount(row.total_tokens) },
  {
    key: 'cost',
    head: 'Cost',
    width: '92px',
    align: 'end',
    cell: (row) => <span className="text-ink">{formatMoney(row.cost_micro_usd)}</span>,
  },
  { key: 'when', head: 'When', width: '80px', align: 'end', cell: ({ updated_at: at }) => <When time={at} /> },
]

function writePhoneRow(row: SessionFigures): ReactNode {
  return (
    <ListRow
      name={<ShortId id={row.id} />}
      detail={
        <>
          {formatPlural(row.messages, 'message')}, <When time={row.updated_at} />
        </>
      }
      number={formatMoney(row.cost_micro_usd)}
      below={<Ended status={row.last_status} />}
    />
  )
}

const shortCharacters = 13

/** As much of an id as tells it apart; the whole one on hover. */
function ShortId(props: { id: string; quiet?: boolean }): ReactNode {
  const { id, quiet } = props
  return (
    <span title={id} className={quiet ? 'font-mono text-meta' : 'font-mono text-meta font-medium text-ink'}>
      {id.slice(0, shortCharacters)}
    </span>
  )
}

/** How the last answer ended; that all went well is plain. */
function Ended(props: { status: SessionFigures['last_status'] }): ReactNode {
  if (props.status === 'failed') return <State kind="failed">Failed</State>
  if (props.status === 'aborted') return 'Stopped by user'
  return props.status === null ? 'Not answered' : 'Completed'
}

function SessionsSkeleton(): ReactNode {
  return (
    <div>
      {Array.from({ length: rowsAwaited }, (_, row) => (
        <div key={row} className="flex h-[36px] items-center gap-8 border-t border-line px-6 phone:px-4">
          <Bone width={104} />
          <Bone width={104} />
          <span className="ms-auto" />
          <Bone width={48} />
          <Bone width={56} />
        </div>
      ))}
    </div>
  )
}
