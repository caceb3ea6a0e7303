import { Dialog as Primitive } from 'radix-ui'
import type { ReactNode } from 'react'
import { classNames } from './class-names.ts'
import { IconButton } from './icon-button.tsx'
import { useReturnFocus } from './use-return-focus.ts'

/**
 * A modal dialog: its title is a verb and a name, its foot holds the safe button first. The focus goes in, stays in and
 * returns to the opener; Escape and the scrim close it unless `locked` (work that must not be left).
 */
export function Dialog(props: {
  open: boolean
  onClose: () => void
  title: ReactNode
  /** Beside the title: a `Plate` of 24. */
  mark?: ReactNode
  description?: ReactNode
  children?: ReactNode
  /** What stands at the left of the foot: why the button cannot act yet. */
  note?: ReactNode
  foot?: ReactNode
  locked?: boolean
  /** Pressing beside it does not close it: it holds what is shown only once. */
  keep?: boolean
  wide?: boolean
  /** Where the focus goes first; by default the first control of the dialog. */
  onOpenFocus?: (event: Event) => void
}): ReactNode {
  const { locked = false } = props
  const { remember, onCloseAutoFocus } = useReturnFocus()
  const hold = (event: Event): void => {
    if (locked) event.preventDefault()
  }
  return (
    <Primitive.Root open={props.open} onOpenChange={(open) => !open && !locked && props.onClose()}>
      <Primitive.Portal>
        {/* Not the primitive's own overlay: it locks the scroll by an inline style element, which the policy forbids. */}
        <div className="scrim" />
        <Primitive.Content
          data-holds-keys=""
          onEscapeKeyDown={hold}
          onInteractOutside={(event) => (props.keep ? event.preventDefault() : hold(event))}
          onOpenAutoFocus={(event) => {
            remember()
            props.onOpenFocus?.(event)
            // Without a form there is nothing to begin with: the dialog itself is read.
            if (event.defaultPrevented || props.foot !== undefined || !(event.currentTarget instanceof HTMLElement))
              return
            event.preventDefault()
            event.currentTarget.focus()
          }}
          onCloseAutoFocus={onCloseAutoFocus}
          {...(props.description === undefined ? { 'aria-describedby': undefined } : {})}
          className={classNames(
            'appear fixed inset-x-0 top-[14dvh] z-50 mx-auto flex max-h-[76dvh] w-[calc(100%-32px)] flex-col overflow-hidden rounded-xl border border-line bg-raised shadow-3 outline-none phone:top-auto phone:bottom-4 phone:max-h-[88dvh]',
            props.wide ? 'max-w-[860px]' : 'max-w-[440px]',
          )}
        >
          <div className="flex items-start gap-3 px-5 pt-5">
            {props.mark}
            <Primitive.Title className="min-w-0 flex-1 text-[16px]/[24px] font-semibold tracking-[-.015em] wrap-anywhere text-ink">
              {props.title}
            </Primitive.Title>
            {props.foot === undefined && !locked && (
              <IconButton icon="close" label="Close" size="small" className="-me-2" onClick={props.onClose} />
            )}
          </div>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 pt-2 pb-5">
            {props.description !== undefined && (
              <Primitive.Description asChild>
                <div className="text-ink-2">{props.description}</div>
              </Primitive.Description>
            )}
            {props.children}
          </div>
          {props.foot !== undefined && (
            <div className="flex flex-wrap items-center justify-end gap-2 border-t border-line bg-sunken px-4 py-3">
              <span className="me-auto text-meta text-ink-3">{props.note}</span>
              {props.foot}
            </div>
          )}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  )
}
