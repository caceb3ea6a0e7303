import type { ReactNode } from 'react'
import { Button } from './button.tsx'
import { Icon } from './icons.tsx'

/** The foot of a settings form: its button, emphasised once there is something to save, and the word that it is done. */
export function SaveRow(props: {
  verb: string
  dirty: boolean
  busy: boolean
  saved: boolean
  /** Another way out, such as giving up what was typed. */
  children?: ReactNode
}): ReactNode {
  return (
    <div className="flex min-h-[var(--h-md)] items-center gap-3">
      <Button type="submit" kind={props.dirty ? 'primary' : 'default'} busy={props.busy}>
        {props.verb}
      </Button>
      {props.children}
      <span role="status" className="flex items-center gap-[6px] text-ink-2">
        {props.saved && (
          <>
            <Icon name="check" className="shrink-0 text-accent-text" />
            Saved
          </>
        )}
      </span>
    </div>
  )
}
