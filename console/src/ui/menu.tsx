import { Slot } from 'radix-ui'
import { useId, useRef, useState, type FocusEvent, type ReactElement, type ReactNode } from 'react'
import { classNames } from './class-names.ts'
import { MenuKitContext, useLoadedKit } from './use-menu-kit.ts'

/**
 * A menu that opens from `trigger` (a `Button`, `IconButton`, …). Holds `MenuItem`, `MenuChoices`, `MenuLabel`, `MenuLine`.
 * What draws it is loaded when its trigger is approached or it opens, whichever comes first.
 */
export function Menu(props: {
  trigger: ReactElement
  align?: 'start' | 'center' | 'end'
  side?: 'top' | 'bottom'
  /** For whoever opens it in another way than by its trigger. */
  open?: boolean
  onOpenChange?: (open: boolean) => void
  children: ReactNode
  className?: string
}): ReactNode {
  const id = useId()
  const trigger = useRef<HTMLButtonElement>(null)
  const entersFirst = useRef(true)
  const isLeft = useRef(false)
  const [openHere, setOpenHere] = useState(false)
  const open = props.open ?? openHere
  const { kit, load } = useLoadedKit(open)
  const turn = (next: boolean): void => {
    setOpenHere(next)
    props.onOpenChange?.(next)
  }
  return (
    <>
      <Slot.Root
        ref={trigger}
        id={`${id}-trigger`}
        aria-haspopup="menu"
        aria-expanded={open && kit !== undefined}
        aria-controls={open && kit ? id : undefined}
        onPointerEnter={load}
        onFocus={load}
        onPointerDown={(event) => {
          if (event.button !== 0 || event.ctrlKey) return
          entersFirst.current = false
          // The focus goes to the menu that opens.
          if (!open) event.preventDefault()
          turn(!open)
        }}
        onKeyDown={(event) => {
          if (!['Enter', ' ', 'ArrowDown'].includes(event.key)) return
          event.preventDefault()
          turn(event.key === 'ArrowDown' || !open)
        }}
      >
        {props.trigger}
      </Slot.Root>
      {kit && (
        // Not modal: locking the scroll would need an inline style element, which the policy forbids. Not in a portal: it
        // stays in its landmark, and above the dialog it may stand in; fixed boxes are not cut by what scrolls.
        <kit.Root modal={false} open={open} onOpenChange={turn}>
          <kit.Anchor virtualRef={trigger} />
          <kit.Content
            id={id}
            aria-labelledby={`${id}-trigger`}
            align={props.align ?? 'end'}
            side={props.side ?? 'bottom'}
            sideOffset={6}
            collisionPadding={8}
            onFocus={(event) => {
              if (entersFirst.current) enterFirstItem(event)
              entersFirst.current = false
            }}
            onInteractOutside={() => {
              isLeft.current = true
            }}
            onCloseAutoFocus={(event) => {
              event.preventDefault()
              if (!isLeft.current) trigger.current?.focus()
              isLeft.current = false
              entersFirst.current = true
            }}
            className={classNames(
              'appear z-40 max-h-[min(420px,var(--radix-popper-available-height))] min-w-[180px] overflow-y-auto rounded-lg border border-line bg-raised text-start text-body font-normal whitespace-normal text-ink shadow-2 p-1',
              props.className,
            )}
          >
            <MenuKitContext value={kit}>{props.children}</MenuKitContext>
          </kit.Content>
        </kit.Root>
      )}
    </>
  )
}

/** Who opens a menu with a key is on its first item, also in the one that was loaded for this. */
function enterFirstItem(event: FocusEvent<HTMLElement>): void {
  if (event.target !== event.currentTarget) return
  event.currentTarget.querySelector<HTMLElement>('[role^=menuitem]:not([data-disabled])')?.focus()
}
