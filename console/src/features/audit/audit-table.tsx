import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { classNames } from '../../ui/class-names.ts'
import { ListRow } from '../../ui/list-row.tsx'
import { State } from '../../ui/state.tsx'
import { Table } from '../../ui/table.tsx'
import type { Column } from '../../ui/table-column.ts'
import { When } from '../../ui/time.tsx'
import type { AuditEntry } from './audit.queries.ts'
import { describeAction, describeActor, describeOutcome, describeTarget } from './describe-entry.ts'

const columns: readonly Column<AuditEntry>[] = [
  {
    key: 'action',
    head: 'Action',
    cell: (entry) => (
      <>
        <EntryLink entry={entry} />
        <span
          className={classNames('block truncate text-meta text-ink-3', !isNamed(entry) && 'font-mono')}
          title={describeTarget(entry)}
        >
          {describeTarget(entry)}
        </span>
      </>
    ),
  },
  {
    key: 'actor',
    head: 'By',
    cell: (entry) => {
      const { name, isPerson } = describeActor(entry)
      return (
        <span className={isPerson ? 'block truncate' : 'block truncate text-ink-3'} title={name}>
          {name}
        </span>
      )
    },
  },
  {
    key: 'tenant',
    head: 'Tenant',
    width: '20%',
    cell: ({ tenant_id: id }) =>
      id === null ? (
        <span className="text-ink-3">none</span>
      ) : (
        <span className="block truncate font-mono text-meta" title={id}>
          {id}
        </span>
      ),
  },
  { key: 'outcome', head: 'Outcome', width: '112px', cell: (entry) => <OutcomeState entry={entry} /> },
  { key: 'at', head: 'When', width: '104px', align: 'end', cell: ({ at }) => <When time={at} /> },
]

/** The entries, newest first; a row opens its entry. */
export function AuditTable(props: {
  rows: readonly AuditEntry[]
  stale: boolean
  onEndNear: (() => void) | undefined
}): ReactNode {
  return (
    <Table
      label="Audit log"
      keys
      rows={props.rows}
      keyOf={({ id }) => id}
      columns={columns}
      stale={props.stale}
      onEndNear={props.onEndNear}
      phoneRow={writePhoneRow}
    />
  )
}

function writePhoneRow(entry: AuditEntry): ReactNode {
  return (
    <ListRow
      name={<EntryLink entry={entry} />}
      detail={`${describeActor(entry).name} · ${describeTarget(entry)}`}
      number={
        <span className="font-normal">
          <When time={entry.at} />
        </span>
      }
      below={entry.outcome === 'done' ? undefined : <OutcomeState entry={entry} />}
    />
  )
}

function EntryLink({ entry }: { entry: AuditEntry }): ReactNode {
  return (
    <Link
      to="."
      search={(old: Record<string, unknown>) => ({ ...old, open: entry.id })}
      resetScroll={false}
      data-row-link=""
      className="font-medium text-ink hover:underline"
    >
      {describeAction(entry.action)}
    </Link>
  )
}

/** Whether its target is told by a name; ids look like ids. */
function isNamed(entry: AuditEntry): boolean {
  return entry.target_id !== null && entry.names[entry.target_id] !== undefined
}

/** Whether it was done, as shape and word. */
export function OutcomeState({ entry }: { entry: AuditEntry }): ReactNode {
  const { kind, word } = describeOutcome(entry.outcome)
  return <State kind={kind}>{word}</State>
}
