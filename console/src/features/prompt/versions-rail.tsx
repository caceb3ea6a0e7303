import { useMemo, type ReactNode } from 'react'
import { formatPlural } from '../../lib/numbers.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { When } from '../../ui/time.tsx'
import { describeAuthor, describeVersions, type VersionLine } from './describe-versions.ts'
import type { PromptDraft } from './draft-store.ts'
import type { OlderVersions, Versions } from './prompt.queries.ts'

/** The draft and the versions of a prompt, newest first: who made each, when, and what it changed. */
export function VersionsRail(props: {
  versions: Versions
  userId: string
  /** With what it changes of the live prompt. */
  draft: (PromptDraft & { changes: string }) | undefined
  /** A number, or the draft. */
  shown: number | 'draft'
  onShow: (shown: number | 'draft') => void
  more: OlderVersions
}): ReactNode {
  const { versions, draft, shown, onShow, more } = props
  const lines = useMemo(() => describeVersions(versions), [versions])
  return (
    <nav aria-label="Versions" className="flex flex-col px-2 py-3 phone:px-2">
      <h2 className="px-2 pb-3 text-[14px]/[20px] font-semibold text-ink">Versions</h2>
      <ul className="flex flex-col gap-[2px]">
        {draft && (
          <RailRow current={shown === 'draft'} onShow={() => onShow('draft')} name="Draft" aside={draft.changes}>
            You, <When time={draft.savedAt} />
          </RailRow>
        )}
        {versions.items.map((version, at) => (
          <RailRow
            key={version.version}
            current={shown === version.version}
            onShow={() => onShow(version.version)}
            name={`Version ${version.version}`}
            aside={at === 0 ? <Badge tone="accent">Live</Badge> : <Changes line={lines.get(version.version)} />}
          >
            {describeAuthor(version, props.userId)}, <When time={version.created_at} />
          </RailRow>
        ))}
      </ul>
      {versions.items.length === 0 && <p className="px-2 text-meta text-ink-3">None yet.</p>}
      {more.has && (
        <Button kind="ghost" size="small" className="mt-2 self-start" busy={more.busy} onClick={() => void more.load()}>
          Show older versions
        </Button>
      )}
      <p role="status" className="px-2 text-meta text-danger">
        {more.failure !== undefined && !more.busy && 'Older versions did not load. Try again.'}
      </p>
    </nav>
  )
}

function Changes(props: { line: VersionLine | undefined }): ReactNode {
  const { line } = props
  if (line?.sameAs !== undefined) return `from ${line.sameAs}`
  if (line?.isDefault) return 'default'
  if (line?.changes === undefined) return null
  const { added, removed } = line.changes
  return (
    <>
      <span aria-hidden="true">{formatChanges(line.changes)}</span>
      <span className="sr-only">
        {formatPlural(added, 'line')} added, {removed} removed
      </span>
    </>
  )
}

/** “+3 −2”, in lines. */
export function formatChanges(changes: { added: number; removed: number }): string {
  return `+${changes.added} −${changes.removed}`
}

function RailRow(props: {
  current: boolean
  onShow: () => void
  name: string
  aside: ReactNode
  children: ReactNode
}): ReactNode {
  return (
    <li className="relative">
      <button
        type="button"
        aria-current={props.current || undefined}
        onClick={props.onShow}
        className={classNames(
          'flex w-full flex-col rounded-md px-2 py-[6px] text-start',
          props.current ? 'bg-accent-soft' : 'hover:bg-hover',
        )}
      >
        <span className="flex w-full items-center gap-2">
          <span className="font-medium text-ink">{props.name}</span>
          <span className="ms-auto text-meta text-ink-3 tabular-nums">{props.aside}</span>
        </span>
        <span className="w-full truncate text-meta text-ink-3">{props.children}</span>
      </button>
    </li>
  )
}
