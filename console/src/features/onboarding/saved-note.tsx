import type { ReactNode } from 'react'
import { formatAge, formatFullTime } from '../../lib/format.ts'
import { useNow } from '../../lib/use-now.ts'
import { Icon } from '../../ui/icons.tsx'

/** What is kept where: a draft in this browser, or everything with the server. */
export interface Saved {
  /** RFC 3339; undefined while there is nothing to keep. */
  at: string | undefined
  isDraft: boolean
  /** False when this browser keeps nothing. */
  isKept: boolean
}

/** “Draft saved 4 s ago”, or that this browser cannot keep it. */
export function SavedNote(props: { saved: Saved }): ReactNode {
  const { at, isDraft, isKept } = props.saved
  const now = useNow(1_000)
  if (!isKept) {
    return (
      <p className="flex items-center gap-[6px] text-meta text-warn">
        <Icon name="attention" className="size-[14px] shrink-0" />
        This browser keeps no drafts
      </p>
    )
  }
  if (at === undefined) return null
  return (
    <p className="flex items-center gap-[6px] text-meta whitespace-nowrap text-ink-3 tabular-nums">
      <Icon name="check" className="size-[14px] shrink-0 text-accent-text" />
      <span>
        {isDraft ? 'Draft saved ' : 'Saved '}
        <time dateTime={at} title={formatFullTime(at)}>
          {formatSavedAge({ at, now })}
        </time>
      </span>
    </p>
  )
}

/** “now”, “4 s ago”, “14 min ago”. */
export function formatSavedAge(options: { at: string; now: Date }): string {
  const seconds = Math.floor((options.now.getTime() - new Date(options.at).getTime()) / 1_000)
  if (seconds < 1) return 'now'
  return seconds < 60 ? `${seconds} s ago` : formatAge({ time: options.at, now: options.now })
}
