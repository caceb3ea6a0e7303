import type { ReactNode } from 'react'
import { describeKeys, type Keys } from '../lib/shortcuts.ts'
import { isMac } from '../lib/use-media.ts'
import { classNames } from './class-names.ts'

/** A shortcut drawn as key caps; `on="accent"` inside a primary button. Words for it stand elsewhere. */
export function KeyCaps(props: { keys: Keys; on?: 'sheet' | 'accent'; className?: string }): ReactNode {
  return (
    <span aria-hidden="true" className={classNames('inline-flex shrink-0 gap-1 coarse:hidden', props.className)}>
      {describeKeys(props.keys, isMac).map((cap, at) => (
        <kbd
          // The same cap may come twice (“G G”), and the order never changes.
          key={`${at}:${cap}`}
          className={classNames(
            'grid h-[18px] min-w-[18px] place-items-center rounded-xs border px-1 font-sans text-micro font-medium',
            props.on === 'accent' ? 'border-on-accent/45 text-on-accent' : 'border-line-strong bg-sheet text-ink-2',
          )}
        >
          {cap}
        </kbd>
      ))}
    </span>
  )
}
