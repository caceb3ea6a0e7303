import { useId, useRef, useState, type ReactNode } from 'react'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { Icon } from './icons.tsx'

/** What is lost, counted: “1,306 users”. */
export interface Loss {
  count: string
  what: string
}

/**
 * Asks before something that cannot be undone. `title` and `verb` name the act and its object (“Destroy Ravel
 * Textiles?”, “Destroy tenant”), `keep` the safe way out, which comes first and has the focus. With `typed`, that has to
 * be typed first. `onConfirm` may take its time: the dialog waits, shows progress, and closes when it resolves; when
 * it rejects, `describeFailure` says why and nothing closes.
 */
export function ConfirmDialog(props: {
  open: boolean
  onClose: () => void
  title: ReactNode
  mark?: ReactNode
  description: ReactNode
  losses?: readonly Loss[]
  typed?: string
  /** What `typed` is, for the words that ask for it: “id” if left out. */
  typedWhat?: string
  keep: string
  verb: string
  danger?: boolean
  /** Room for what is compared. */
  wide?: boolean
  onConfirm: () => Promise<unknown>
  describeFailure: (thrown: unknown) => { title: string; advice: string }
  children?: ReactNode
}): ReactNode {
  return props.open ? <OpenConfirmDialog {...props} /> : null
}

function OpenConfirmDialog(props: Parameters<typeof ConfirmDialog>[0]): ReactNode {
  const [typed, setTyped] = useState('')
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<{ title: string; advice: string }>()
  const keepButton = useRef<HTMLButtonElement>(null)
  const id = useId()
  const complete = props.typed === undefined || typed === props.typed

  const confirm = async (): Promise<void> => {
    if (!complete || busy) return
    setBusy(true)
    setFailure(undefined)
    try {
      await props.onConfirm()
      props.onClose()
    } catch (thrown) {
      setFailure(props.describeFailure(thrown))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog
      open
      locked={busy}
      wide={props.wide}
      onClose={props.onClose}
      title={props.title}
      mark={props.mark}
      description={props.description}
      note={complete ? undefined : `Type the whole ${props.typedWhat ?? 'id'} first.`}
      onOpenFocus={(event) => {
        if (props.typed !== undefined) return
        event.preventDefault()
        keepButton.current?.focus()
      }}
      foot={
        <>
          <Button ref={keepButton} disabled={busy} onClick={props.onClose}>
            {props.keep}
          </Button>
          <Button
            kind={props.danger === false ? 'primary' : 'danger'}
            busy={busy}
            disabled={!complete}
            onClick={() => void confirm()}
          >
            {props.verb}
          </Button>
        </>
      }
    >
      {props.losses !== undefined && <Losses losses={props.losses} />}
      {props.children}
      {props.typed !== undefined && (
        <form
          className="mt-4 flex flex-col gap-[6px]"
          onSubmit={(event) => {
            event.preventDefault()
            void confirm()
          }}
        >
          <label htmlFor={id} className="font-medium text-ink">
            Type <span className="font-mono text-meta">{props.typed}</span> to confirm
          </label>
          <input
            id={id}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            className="field-input font-mono"
          />
        </form>
      )}
      <div role="alert">
        {failure && (
          <p className="mt-4 flex gap-2 text-danger">
            <Icon name="failure" className="mt-[2px] shrink-0" />
            <span>
              <strong className="font-semibold">{failure.title}</strong> {failure.advice}
            </span>
          </p>
        )}
      </div>
    </Dialog>
  )
}

function Losses(props: { losses: readonly Loss[] }): ReactNode {
  return (
    <dl className="mt-4 flex divide-x divide-danger-line rounded-md border border-danger-line bg-danger-soft">
      {props.losses.map(({ count, what }) => (
        <div key={what} className="flex min-w-0 flex-1 flex-col-reverse px-3 py-2">
          <dt className="text-ink-2">{what}</dt>
          <dd className="text-[15px]/[20px] font-semibold text-ink tabular-nums">{count}</dd>
        </div>
      ))}
    </dl>
  )
}
