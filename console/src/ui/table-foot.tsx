import type { ReactNode } from 'react'
import type { Keys } from '../lib/shortcuts.ts'
import { KeyCaps } from './key-caps.tsx'

/** The foot of a list that stays at the bottom of the sheet: what is shown at the left, the keys that work at the right. */
export function TableFoot(props: {
  children: ReactNode
  keys?: readonly { keys: readonly Keys[]; name: string }[]
}): ReactNode {
  return (
    <div className="sticky bottom-0 z-10 flex h-[36px] items-center gap-4 border-t border-line bg-sheet px-6 text-meta text-ink-3 tabular-nums phone:px-4">
      <p>{props.children}</p>
      <div className="ms-auto flex gap-4 phone:hidden">
        {props.keys?.map(({ keys, name }) => (
          <span key={name} className="flex items-center gap-[6px]">
            {keys.map((one) => (
              <KeyCaps key={one} keys={one} className="not-first:-ms-[2px]" />
            ))}
            {name}
          </span>
        ))}
      </div>
    </div>
  )
}
