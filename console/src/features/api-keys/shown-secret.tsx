import type { ReactNode } from 'react'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Dialog } from '../../ui/dialog.tsx'

/** Shows a key's secret, which nobody can read again once this is closed. */
export function ShownSecretDialog(props: {
  title: string
  secret: string
  note: ReactNode
  onClose: () => void
}): ReactNode {
  return (
    <Dialog
      open
      keep
      title={props.title}
      description="This is the only time it is shown. Keep it where your server keeps its secrets."
      onClose={props.onClose}
      foot={<Button onClick={props.onClose}>Close</Button>}
    >
      <div className="mt-4 flex flex-col items-start gap-3 rounded-md border border-line bg-sunken px-3 py-[10px]">
        <span aria-label="Key" className="min-w-0 font-mono text-[12px]/[18px] break-all text-ink select-all">
          {props.secret}
        </span>
        <CopyButton text={props.secret} what="key" words="Copy key" size="small" />
      </div>
      <p className="mt-3 text-meta text-ink-3">{props.note}</p>
    </Dialog>
  )
}
