import { Slot } from 'radix-ui'
import {
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
  type ReactElement,
  type ReactNode,
  type RefObject,
} from 'react'
import { createPortal } from 'react-dom'
import type { Keys } from '../lib/shortcuts.ts'
import { placeBeside, type Side } from '../lib/place-beside.ts'
import { KeyCaps } from './key-caps.tsx'

const openAfterMs = 400
/** Within this time after one closed, the next opens at once: somebody is looking for something. */
const warmMs = 300
/** Long enough for a pointer to come over to the words. */
const closeAfterMs = 120

let lastClosedMs = Number.NEGATIVE_INFINITY

/**
 * Words (and a shortcut) about one control, shown on hover and keyboard focus. The control takes a ref. Of our own, as every
 * button has one: nothing is rendered, measured or listened for until it opens.
 */
export function Tooltip(props: { words: ReactNode; keys?: Keys; side?: Side; children: ReactElement }): ReactNode {
  const id = useId()
  const anchor = useRef<HTMLElement>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const [open, setOpen] = useState(false)
  useEffect(() => () => clearTimeout(timer.current), [])
  const turn = (next: boolean, afterMs: number): void => {
    clearTimeout(timer.current)
    timer.current = setTimeout(() => {
      if (!next) lastClosedMs = performance.now()
      setOpen(next)
    }, afterMs)
  }
  const close = (): void => {
    clearTimeout(timer.current)
    if (open) lastClosedMs = performance.now()
    setOpen(false)
  }
  return (
    <>
      <Slot.Root
        ref={anchor}
        aria-describedby={open ? id : undefined}
        onPointerEnter={(event) => {
          // A finger that presses a control does not ask about it.
          if (event.pointerType !== 'touch') turn(true, performance.now() - lastClosedMs < warmMs ? 0 : openAfterMs)
        }}
        onPointerLeave={() => turn(false, closeAfterMs)}
        onPointerDown={close}
        onFocus={({ currentTarget }) => {
          if (currentTarget.matches(':focus-visible')) turn(true, 0)
        }}
        onBlur={close}
      >
        {props.children}
      </Slot.Root>
      {open &&
        createPortal(
          <Bubble
            id={id}
            anchor={anchor}
            side={props.side ?? 'bottom'}
            onEnter={() => clearTimeout(timer.current)}
            onLeave={() => turn(false, closeAfterMs)}
            onClose={close}
          >
            {props.words}
            {props.keys !== undefined && <KeyCaps keys={props.keys} />}
          </Bubble>,
          document.body,
        )}
    </>
  )
}

function Bubble(props: {
  id: string
  anchor: RefObject<HTMLElement | null>
  side: Side
  onEnter: () => void
  onLeave: () => void
  onClose: () => void
  children: ReactNode
}): ReactNode {
  const { anchor, side } = props
  const box = useRef<HTMLDivElement>(null)
  const onClose = useRef(props.onClose)
  useEffect(() => {
    onClose.current = props.onClose
  })
  useLayoutEffect(() => {
    if (!box.current || !anchor.current) return
    const { left, top } = placeBeside({
      anchor: anchor.current.getBoundingClientRect(),
      size: box.current.getBoundingClientRect(),
      room: { width: innerWidth, height: innerHeight },
      side,
    })
    box.current.style.left = `${left}px`
    box.current.style.top = `${top}px`
  }, [anchor, side])
  useEffect(() => {
    const end = (): void => onClose.current()
    const escape = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') end()
    }
    addEventListener('keydown', escape, { capture: true })
    addEventListener('scroll', end, { capture: true, passive: true })
    return () => {
      removeEventListener('keydown', escape, { capture: true })
      removeEventListener('scroll', end, { capture: true })
    }
  }, [])
  return (
    <div
      ref={box}
      id={props.id}
      role="tooltip"
      onPointerEnter={props.onEnter}
      onPointerLeave={props.onLeave}
      className="appear fixed top-0 left-0 z-50 flex w-max max-w-[280px] items-center gap-2 rounded-sm border border-line bg-raised px-2 py-1 text-meta text-ink shadow-2"
    >
      {props.children}
    </div>
  )
}
