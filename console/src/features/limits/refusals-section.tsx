import type { ReactNode } from 'react'
import { formatPlural } from '../../lib/numbers.ts'
import { useNow } from '../../lib/use-now.ts'
import { ListEnd } from '../../panels/list-end.tsx'
import { type PanelQuery, QueryPanel } from '../../panels/query-panel.tsx'
import { TableSkeleton } from '../../ui/bone.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { ListRow } from '../../ui/list-row.tsx'
import { Section } from '../../ui/section.tsx'
import { Table } from '../../ui/table.tsx'
import type { Column } from '../../ui/table-column.ts'
import { When } from '../../ui/time.tsx'
import { describeCounter, nameCaller, type LimitScope, tellReset, titleOf } from './limit-words.ts'
import type { Refusal } from './limits.queries.ts'
import type { LimitName } from '../../panels/limit-names.ts'

type GoTo = (limit: { name: LimitName; scope: LimitScope }) => void

const columns: readonly Column<Refusal>[] = [
  { key: 'counter', head: 'Limit', cell: (row) => <Counter refusal={row} /> },
  { key: 'user', head: 'Last asked by', cell: (row) => <Caller refusal={row} /> },
  { key: 'requests', head: 'Refused', width: '84px', align: 'end', cell: ({ requests }) => requests },
  { key: 'at', head: 'Last', width: '76px', align: 'end', cell: ({ at }) => <When time={at} /> },
]

function actions(goTo: GoTo | undefined): Column<Refusal>[] {
  if (!goTo) return []
  return [
    {
      key: 'change',
      head: '',
      width: '96px',
      align: 'end',
      cell: (row) => (
        <button
          type="button"
          className="link"
          aria-label={`Change limit: ${titleOf(row.name)}`}
          onClick={() => goTo(row)}
        >
          Change
        </button>
      ),
    },
  ]
}

/** Every refusal of the last 30 days: which counter, how full, whose request, and the way to its limit. */
export function RefusalsSection(props: {
  refusals: PanelQuery<{ pages: { items: Refusal[] }[] }> & {
    hasNextPage: boolean
    isFetchNextPageError: boolean
    fetchNextPage: () => Promise<unknown>
  }
  /** Undefined for those who may only look. */
  goTo: GoTo | undefined
}): ReactNode {
  const { refusals, goTo } = props
  return (
    <Section title="Refused requests" aside={<span className="text-ink-3">Of the last 30 days.</span>} bleed>
      <QueryPanel what="Refused requests" query={refusals} skeleton={<TableSkeleton rows={3} />}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items)
          if (rows.length === 0) {
            return <p className="px-6 pb-[18px] text-ink-3 phone:px-4">Nothing was refused.</p>
          }
          return (
            <>
              <Table
                label="Refused requests"
                rows={rows}
                keyOf={({ id }) => id}
                columns={[...columns, ...actions(goTo)]}
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
      name={nameCounter(row)}
      detail={
        <>
          {describeCounter(row)}, {nameCaller(row.user)}
        </>
      }
      number={formatPlural(row.requests, 'request')}
      below={<When time={row.at} />}
    />
  )
}

function Counter(props: { refusal: Refusal }): ReactNode {
  const { refusal } = props
  const until = tellReset({ time: refusal.resets_at, now: useNow() })
  return (
    <div className="min-w-0">
      <p className="truncate text-ink">{nameCounter(refusal)}</p>
      <p className="truncate text-meta text-ink-3">
        {describeCounter(refusal)}
        {until !== undefined && `, ${until}`}
      </p>
    </div>
  )
}

function Caller(props: { refusal: Refusal }): ReactNode {
  const { user, request_id: id } = props.refusal
  const name = nameCaller(user)
  return (
    <div className="flex min-w-0 items-center gap-2">
      <span className="min-w-0 truncate" title={name}>
        {name}
      </span>
      <CopyButton text={id} what="request id" />
    </div>
  )
}

function nameCounter(refusal: Refusal): ReactNode {
  return (
    <>
      {titleOf(refusal.name)}
      <span className="text-ink-3">{refusal.scope === 'user' ? ', each user' : ', everybody'}</span>
    </>
  )
}
