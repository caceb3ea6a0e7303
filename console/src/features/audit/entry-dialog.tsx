import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { formatFullTime } from '../../lib/format.ts'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { Bone } from '../../ui/bone.tsx'
import { Button } from '../../ui/button.tsx'
import { CopyId } from '../../ui/copy-id.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { OutcomeState } from './audit-table.tsx'
import type { AuditFilters } from './audit-view.ts'
import { getAuditEntryQueryOptions, type AuditEntry } from './audit.queries.ts'
import { compareSides, describeAction, describeActor, type FieldChange } from './describe-entry.ts'

/** One entry: its facts, and what it changed side by side. Opens by its id, whether its row is loaded or not. */
export function EntryDialog(props: {
  id: string | undefined
  rows: readonly AuditEntry[]
  /** Whether `rows` are those of the filters, so that what is not among them must be asked for. */
  ready: boolean
  onClose: () => void
  onFilter: (filter: Partial<AuditFilters>) => void
}): ReactNode {
  const { id, rows } = props
  const loaded = rows.find((row) => row.id === id)
  const api = useApi()
  const enabled = id !== undefined && loaded === undefined && props.ready
  const asked = useQuery(getAuditEntryQueryOptions({ api, id: id ?? '', enabled }))
  const entry = loaded ?? asked.data ?? undefined
  return (
    <Dialog
      wide
      open={id !== undefined}
      onClose={props.onClose}
      title={entry ? describeAction(entry.action) : 'Audit entry'}
    >
      {entry ? (
        <Entry entry={entry} onFilter={props.onFilter} />
      ) : (
        <QueryPanel what="The entry" query={asked} skeleton={<Bone width={320} height={120} />}>
          {() => <p className="text-ink-2">There is no such entry. The link may be cut off.</p>}
        </QueryPanel>
      )}
    </Dialog>
  )
}

function Entry(props: { entry: AuditEntry; onFilter: (filter: Partial<AuditFilters>) => void }): ReactNode {
  const { entry, onFilter } = props
  const { tenant_id: tenant } = entry
  return (
    <>
      <dl className="grid grid-cols-[92px_minmax(0,1fr)] gap-x-4 gap-y-1 desk:grid-cols-[72px_minmax(0,1fr)_92px_minmax(0,1fr)]">
        <Fact name="When">
          <time dateTime={entry.at} className="tabular-nums">
            {formatFullTime(entry.at)}
          </time>
        </Fact>
        <Fact name="Outcome">
          <OutcomeState entry={entry} />
        </Fact>
        <Fact name="By">{describeActor(entry).name}</Fact>
        <Fact name="Action">
          <span className="font-mono text-meta">{entry.action}</span>
        </Fact>
        <Fact name="Target">
          {entry.target_id === null ? (
            entry.target_type
          ) : (
            <span className="min-w-0">
              {entry.names[entry.target_id] !== undefined && (
                <span className="block wrap-anywhere">{entry.names[entry.target_id]}</span>
              )}
              <CopyId id={entry.target_id} what={`${entry.target_type} id`} />
            </span>
          )}
        </Fact>
        <Fact name="Tenant">{tenant === null ? 'none' : <CopyId id={tenant} what="tenant id" />}</Fact>
        <Fact name="Address">
          {entry.address === null ? 'not recorded' : <CopyId id={entry.address} what="address" />}
        </Fact>
        <Fact name="Request id">
          {entry.request_id === null ? 'not recorded' : <CopyId id={entry.request_id} what="request id" />}
        </Fact>
      </dl>
      <Changes changes={compareSides(entry)} />
      <div className="mt-4 flex flex-wrap gap-2">
        <Button size="small" onClick={() => onFilter({ action: entry.action })}>
          Show only this action
        </Button>
        {tenant !== null && (
          <Button size="small" onClick={() => onFilter({ tenant })}>
            Show only this tenant
          </Button>
        )}
      </div>
    </>
  )
}

function Fact(props: { name: string; children: ReactNode }): ReactNode {
  return (
    <>
      <dt className="flex min-h-[24px] items-center text-ink-3">{props.name}</dt>
      <dd className="flex min-h-[24px] min-w-0 items-center wrap-anywhere text-ink">{props.children}</dd>
    </>
  )
}

function Changes(props: { changes: readonly FieldChange[] }): ReactNode {
  if (props.changes.length === 0) {
    return <p className="mt-4 border-t border-line pt-3 text-ink-2">No field was changed by this.</p>
  }
  return (
    <table className="mt-4 w-full table-fixed border-t border-line text-start">
      <caption className="sr-only">What changed</caption>
      <thead>
        <tr className="text-meta text-ink-3">
          <th scope="col" className="h-[32px] w-[24%] text-start font-medium">
            Field
          </th>
          <th scope="col" className="px-2 text-start font-medium">
            Before
          </th>
          <th scope="col" className="px-2 text-start font-medium">
            After
          </th>
        </tr>
      </thead>
      <tbody>
        {props.changes.map((change) => (
          <tr key={change.field} className="border-t border-line align-top">
            <th scope="row" className="py-2 pe-2 text-start font-mono text-meta font-normal wrap-anywhere text-ink-2">
              {change.field}
            </th>
            <Value value={change.before} ground="bg-del-soft" />
            <Value value={change.after} ground="bg-ins-soft" />
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Value(props: { value: string | undefined; ground: string }): ReactNode {
  if (props.value === undefined) return <td className="px-2 py-2 text-meta text-ink-3">not recorded</td>
  return (
    <td className={`px-2 py-2 ${props.ground}`}>
      <pre className="font-mono text-[12px]/[18px] whitespace-pre-wrap wrap-anywhere text-ink">{props.value}</pre>
    </td>
  )
}
