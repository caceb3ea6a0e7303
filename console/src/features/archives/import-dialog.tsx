import { Link, useNavigate } from '@tanstack/react-router'
import { useId, useRef, useState, type ReactNode } from 'react'
import { formatBytes, formatShare } from '../../lib/numbers.ts'
import { tenantPath } from '../../lib/paths.ts'
import { checkTenantId } from '../../lib/tenant-id.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Icon } from '../../ui/icons.tsx'
import { Meter } from '../../ui/meter.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Plate } from '../../ui/plate.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { State } from '../../ui/state.tsx'
import { describeFailedImport, describeMissing, describeTables } from './archive-words.ts'
import { useImport, type Imported } from './use-import.ts'

/** Makes a tenant from the file that an export made. */
export function ImportDialog(props: { open: boolean; onClose: () => void }): ReactNode {
  return props.open ? <OpenDialog onClose={props.onClose} /> : null
}

function OpenDialog(props: { onClose: () => void }): ReactNode {
  const { run, start, stop } = useImport()
  const [file, setFile] = useState<File>()
  const [id, setId] = useState('')
  const formId = useId()
  if (run.phase === 'done') return <Done imported={run.imported} onClose={props.onClose} />
  const running = run.phase === 'running'
  const isTaken = run.phase === 'failed' && run.problem.code === 'tenant.id_taken'
  const idProblem = id === '' ? undefined : checkTenantId(id)
  const reason = file === undefined ? 'Choose an archive first' : idProblem
  return (
    <Dialog
      open
      keep
      locked={running}
      onClose={props.onClose}
      title="Import a tenant"
      description="From the file that “Export tenant” made, here or on another server."
      foot={
        <>
          {running ? (
            <Button onClick={stop}>Stop import</Button>
          ) : (
            <Button onClick={props.onClose}>Import nothing</Button>
          )}
          <Button kind="primary" type="submit" form={formId} busy={running} reason={running ? undefined : reason}>
            Import tenant
          </Button>
        </>
      }
    >
      <form
        id={formId}
        noValidate
        className="mt-4 flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault()
          if (file && idProblem === undefined && !running) void start({ file, id })
        }}
      >
        <ArchiveField file={file} locked={running} onChoose={setFile} />
        <TextField
          label="Another id"
          optional
          mono
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          value={id}
          readOnly={running}
          onChange={(event) => setId(event.target.value)}
          hint="Left empty, it has the id it had."
          error={idProblem ?? (isTaken && id === '' ? 'Its own id is taken here. Enter another.' : undefined)}
        />
        {running && (
          <div className="flex flex-col gap-2">
            <State kind="working">
              <span className="tabular-nums">
                {run.share < 1 ? `Sending: ${formatShare(run.share)}` : 'Reading it back and comparing'}
              </span>
            </State>
            <Meter label="The import" share={run.share} plain />
          </div>
        )}
        <ProblemNotice words={run.phase === 'failed' ? describeFailedImport(run.problem) : undefined} />
      </form>
    </Dialog>
  )
}

/** Where the archive is chosen, or dropped. */
function ArchiveField(props: {
  file: File | undefined
  locked: boolean
  onChoose: (file: File | undefined) => void
}): ReactNode {
  const { file, locked } = props
  const input = useRef<HTMLInputElement>(null)
  const id = useId()
  return (
    <div
      className="flex flex-col gap-[6px]"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault()
        const [dropped] = event.dataTransfer.files
        if (dropped && !locked) props.onChoose(dropped)
      }}
    >
      <label htmlFor={id} className="w-fit font-medium text-ink">
        Archive
      </label>
      <input
        ref={input}
        id={id}
        type="file"
        accept=".gz,application/gzip"
        tabIndex={-1}
        className="sr-only"
        disabled={locked}
        onChange={(event) => props.onChoose(event.target.files?.[0])}
      />
      <div className="flex items-center gap-3 rounded-md border border-dashed border-field px-3 py-[10px]">
        <div className="min-w-0 flex-1">
          {file === undefined ? (
            <p className="text-ink-3">A file ending in .tenantry.jsonl.gz; it can be dropped here.</p>
          ) : (
            <>
              <p className="font-medium wrap-anywhere text-ink">{file.name}</p>
              <p className="text-meta text-ink-3">{formatBytes(file.size)}</p>
            </>
          )}
        </div>
        <Button disabled={locked} onClick={() => input.current?.click()}>
          {file === undefined ? 'Choose archive' : 'Choose another'}
        </Button>
      </div>
    </div>
  )
}

function Done(props: { imported: Imported; onClose: () => void }): ReactNode {
  const { tenant, tables, missing } = props.imported
  const navigate = useNavigate()
  const counts = describeTables(tables)
  return (
    <Dialog
      open
      keep
      onClose={props.onClose}
      title={`${tenant.name} imported`}
      mark={<Plate tenantId={tenant.id} />}
      foot={
        <>
          <Button onClick={props.onClose}>Close</Button>
          <Button kind="primary" onClick={() => void navigate({ to: tenantPath(tenant.id) })}>
            Open tenant
          </Button>
        </>
      }
    >
      <div role="status" className="mt-2 flex flex-col gap-4">
        <p className="text-ink-2">
          As <span className="font-mono text-meta break-all text-ink">{tenant.id}</span>. What was read back is, row by
          row, what was exported.
        </p>
        <ul aria-label="Imported" className="grid grid-cols-2 gap-x-4 gap-y-1 tabular-nums">
          {counts.length === 0 && <li className="text-ink-3">Settings only: it had no rows.</li>}
          {counts.map((count) => (
            <li key={count} className="flex items-center gap-[6px]">
              <Icon name="check" className="shrink-0 text-accent-text" />
              {count}
            </li>
          ))}
        </ul>
        {missing.length > 0 && (
          <Notice tone="warn" icon="key" title="To be entered again">
            <ul className="list-disc ps-4">
              {missing.map((one) => (
                <li key={one.field} className="wrap-anywhere">
                  {describeMissing(one)}
                </li>
              ))}
            </ul>
            <Link to={tenantPath(tenant.id, 'connections')} className="link">
              Open its connections
            </Link>
          </Notice>
        )}
        <p className="text-meta text-ink-3">Its own users set a new password by “Forgot password?”.</p>
      </div>
    </Dialog>
  )
}
