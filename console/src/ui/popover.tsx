import { Popover as Primitive } from 'radix-ui'
import type { ReactElement, ReactNode } from 'react'
import { classNames } from './class-names.ts'

/** A small raised sheet that opens from `trigger` and holds a form or details; the focus returns when it closes. */
export function Popover(props: {
  trigger: ReactElement
  /** What it is about, for those who do not see where it hangs. */
  label: string
  open?: boolean
  onOpenChange?: (open: boolean) => void
  align?: 'start' | 'center' | 'end'
  children: ReactNode
  className?: string
}): ReactNode {
  return (
    <Primitive.Root open={props.open} onOpenChange={props.onOpenChange}>
      <Primitive.Trigger asChild>{props.trigger}</Primitive.Trigger>
      <Primitive.Content
        aria-label={props.label}
        align={props.align ?? 'start'}
        sideOffset={6}
        collisionPadding={8}
        className={classNames(
          'appear z-40 max-h-[var(--radix-popover-content-available-height)] min-w-[220px] overflow-y-auto rounded-lg border border-line bg-raised text-start text-body font-normal whitespace-normal text-ink shadow-2 p-3',
          props.className,
        )}
      >
        {props.children}
      </Primitive.Content>
    </Primitive.Root>
  )
}
