import type { ReactNode } from 'react'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'

/** A dialog around one form: at its foot the way out, then what sends the form; while that is under way it stays. */
export function FormDialog(props: {
  title: ReactNode
  /** Beside the title: a `Plate` of 24. */
  mark?: ReactNode
  description?: ReactNode
  /** At the left of the foot: what is under way. */
  note?: ReactNode
  /** The id of the form, which is among the children. */
  formId: string
  /** What the way out does: “Add nothing”. */
  cancel: string
  /** What sending does: “Add server”. */
  verb: string
  busy: boolean
  onClose: () => void
  /** Pressing beside it does not close it: something was typed that is not to be lost. */
  keep?: boolean
  wide?: boolean
  children: ReactNode
}): ReactNode {
  const { formId, cancel, verb, busy, ...dialog } = props
  return (
    <Dialog
      {...dialog}
      open
      locked={busy}
      foot={
        <>
          <Button disabled={busy} onClick={props.onClose}>
            {cancel}
          </Button>
          <Button kind="primary" type="submit" form={formId} busy={busy}>
            {verb}
          </Button>
        </>
      }
    />
  )
}
