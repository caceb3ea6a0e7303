import type { ReactNode } from 'react'
import { classNames } from './class-names.ts'
import { Icon } from './icons.tsx'
import { Ring } from './ring.tsx'

/** How something is: all is well, taken out of use, being worked on, worth a look, broken. */
export type StateKind = 'fine' | 'suspended' | 'working' | 'attention' | 'failed'

const colours: Record<StateKind, string> = {
  fine: 'text-ink-2',
  suspended: 'text-ink-2',
  working: 'text-ink-2',
  attention: 'font-medium text-warn',
  failed: 'font-medium text-danger',
}

/** A state as a shape and words: shape and words differ, not only the colour. */
export function State(props: { kind: StateKind; children: ReactNode; className?: string }): ReactNode {
  return (
    <span className={classNames('inline-flex min-w-0 items-center gap-[6px]', colours[props.kind], props.className)}>
      <StateMark kind={props.kind} />
      <span className="min-w-0">{props.children}</span>
    </span>
  )
}

/** The shape alone, 14 px wide so that words align below each other; only where words stand beside it. */
export function StateMark(props: { kind: StateKind }): ReactNode {
  if (props.kind === 'working') return <Ring className="text-ink-3" />
  if (props.kind === 'attention') return <Icon name="attention" className="size-[14px] shrink-0 text-warn" />
  if (props.kind === 'failed') return <Icon name="failed" className="size-[14px] shrink-0 text-danger" />
  return (
    <span aria-hidden="true" className="grid size-[14px] shrink-0 place-items-center">
      <span
        className={classNames(
          'size-[7px] rounded-[1px]',
          props.kind === 'fine' ? 'bg-accent' : 'border-[1.5px] border-ink-3',
        )}
      />
    </span>
  )
}
