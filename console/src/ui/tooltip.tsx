import { Tooltip as Primitive } from 'radix-ui'
import type { ReactElement, ReactNode } from 'react'
import type { Keys } from '../lib/shortcuts.ts'
import { KeyCaps } from './key-caps.tsx'

const openAfterMs = 400

/** Lets the tooltips below it share their delay; once, around the app. */
export function TooltipProvider(props: { children: ReactNode }): ReactNode {
  return <Primitive.Provider delayDuration={openAfterMs}>{props.children}</Primitive.Provider>
}

/** Words (and a shortcut) about one control, shown on hover and keyboard focus. The control takes a ref. */
export function Tooltip(props: {
  words: ReactNode
  keys?: Keys
  side?: 'top' | 'right' | 'bottom' | 'left'
  children: ReactElement
}): ReactNode {
  return (
    <Primitive.Root>
      <Primitive.Trigger asChild>{props.children}</Primitive.Trigger>
      <Primitive.Portal>
        <Primitive.Content
          // What is drawn; the primitive describes the control to readers by itself.
          aria-hidden="true"
          side={props.side ?? 'bottom'}
          sideOffset={6}
          collisionPadding={8}
          className="appear z-50 flex max-w-[280px] items-center gap-2 rounded-sm border border-line bg-raised px-2 py-1 text-meta text-ink shadow-2"
        >
          {props.words}
          {props.keys !== undefined && <KeyCaps keys={props.keys} />}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  )
}
