import type { ReactNode } from 'react'
import { formatFullTime } from '../../lib/format.ts'
import { formatAge } from '../../lib/format.ts'
import { useNow } from '../../lib/use-now.ts'
import { Button } from '../../ui/button.tsx'
import { Notice } from '../../ui/notice.tsx'
import { When } from '../../ui/time.tsx'
import { describeAuthor } from './describe-versions.ts'
import type { PromptDraft } from './draft-store.ts'
import type { PromptVersion } from './prompt.queries.ts'

const tickMs = 4000

/** That a draft is kept, and since when: “Draft kept in this browser, 12 s ago”. */
export function DraftAge(props: { draft: PromptDraft; isKept: boolean }): ReactNode {
  const now = useNow(tickMs)
  if (!props.isKept) {
    return <span className="text-meta font-medium text-warn">This browser cannot keep the draft: leaving loses it</span>
  }
  return (
    <span className="text-meta text-ink-3 tabular-nums">
      Draft kept in this browser,{' '}
      <time dateTime={props.draft.savedAt} title={formatFullTime(props.draft.savedAt)}>
        {describeDraftAge({ savedAt: props.draft.savedAt, now })}
      </time>
    </span>
  )
}

/** “just now”, “12 s ago”, “3 min ago”. */
export function describeDraftAge(options: { savedAt: string; now: Date }): string {
  const seconds = Math.floor((options.now.getTime() - Date.parse(options.savedAt)) / 1000)
  if (seconds < 5) return 'just now'
  return seconds < 60 ? `${seconds} s ago` : formatAge({ time: options.savedAt, now: options.now })
}

/** Somebody else made another version live since the draft was begun: what came, and how to go on. */
export function OutrunNotice(props: {
  live: PromptVersion
  draft: PromptDraft
  userId: string
  isCompared: boolean
  onCompare: () => void
  onKeep: () => void
}): ReactNode {
  const { live, draft } = props
  return (
    <div className="px-6 pt-4 phone:px-4">
      <Notice tone="warn" icon="attention" title={`Version ${live.version} was made live meanwhile`}>
        <p>
          {describeAuthor(live, props.userId)}, <When time={live.created_at} />.{' '}
          {draft.baseVersion === 0
            ? 'Your draft was begun before it.'
            : `Your draft was begun from version ${draft.baseVersion}.`}{' '}
          Made live as it is, it replaces version {live.version} as a whole.
        </p>
        <div className="mt-2 flex flex-wrap gap-2">
          {!props.isCompared && (
            <Button size="small" onClick={props.onCompare}>
              Compare with version {live.version}
            </Button>
          )}
          <Button size="small" onClick={props.onKeep}>
            Keep my draft as it is
          </Button>
        </div>
      </Notice>
    </div>
  )
}
