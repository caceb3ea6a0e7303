import { useMemo, type ReactNode } from 'react'
import { ProblemPanel } from '../../panels/problem-panel.tsx'
import { Awaited } from '../../ui/bone.tsx'
import { Button } from '../../ui/button.tsx'
import { useCommands, type Command } from '../../ui/commands.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import type { Shown } from './choose-shown.ts'
import { AgainstMenu, Comparison } from './comparison.tsx'
import { DefaultPrompt } from './default-prompt.tsx'
import { describeAuthor } from './describe-versions.ts'
import type { PromptDraft } from './draft-store.ts'
import { DraftAge, OutrunNotice } from './draft-state.tsx'
import { TextSkeleton } from './prompt-skeleton.tsx'
import { PromptEditor } from './prompt-editor.tsx'
import { checkPrompt, describeSize } from './prompt-text.ts'
import type { OlderVersions, Versions } from './prompt.queries.ts'
import { RestoreRow } from './restore-row.tsx'
import type { Draft } from './use-draft.ts'
import type { Publish } from './use-publish.ts'

const modes = [
  { value: 'text', label: 'Edit' },
  { value: 'compare', label: 'Compare' },
] as const
const readModes = [{ value: 'text', label: 'Read' }, modes[1]] as const

/** What changes of the address from here. */
interface PaneView {
  version?: number
  against?: number
  compare?: boolean
}

/** The middle of the page: the prompt being written, a version to read, or a comparison of two. */
export function PromptPane(props: {
  tenantId: string
  userId: string
  versions: Versions
  shown: Shown
  /** What was written and would change what answers. */
  draft: PromptDraft | undefined
  drafts: Draft
  publish: Publish
  compare: boolean
  onView: (view: PaneView) => void
  onDiscard: () => void
  more: OlderVersions
}): ReactNode {
  const { versions, shown, draft, drafts, compare, onView } = props
  const { live, liveVersion } = versions
  const size = useMemo(() => describeSize(shown.text), [shown.text])
  const isComparing = compare && shown.kind !== 'default'
  const write = (text: string): void => {
    if (live?.system_prompt === text) drafts.discard()
    else drafts.write({ text, baseVersion: draft?.baseVersion ?? liveVersion })
  }
  useCompareKey({ isComparing, onView })
  if (shown.kind === 'awaited') return <OlderVersion more={props.more} />
  if (shown.kind === 'missing') return <NoSuchVersion onView={onView} />
  return (
    <>
      <div className="sticky top-[var(--head-h,104px)] z-10 flex min-h-[46px] flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-sheet px-4 py-[6px] wide:top-0 phone:top-0">
        {shown.kind !== 'default' && (
          <Segmented
            compact
            label="View"
            value={isComparing ? 'compare' : 'text'}
            choices={shown.kind === 'version' ? readModes : modes}
            onChoose={(mode) => onView({ compare: mode === 'compare' })}
          />
        )}
        {isComparing && <AgainstMenu versions={versions} shown={shown} onChoose={(against) => onView({ against })} />}
        <p className="ms-auto text-end text-meta text-ink-3 tabular-nums">
          {shown.kind === 'default'
            ? 'Platform default'
            : isComparing
              ? size.words
              : `${size.words}, ${size.characters}`}
          {size.limit && (
            <span className={`ms-2 font-medium ${size.limit.tone === 'danger' ? 'text-danger' : 'text-warn'}`}>
              {size.limit.text}
            </span>
          )}
        </p>
      </div>
      {shown.kind === 'version' && shown.version && (
        <RestoreRow
          version={shown.version}
          isLive={shown.version.version === liveVersion}
          author={describeAuthor(shown.version, props.userId)}
          tenantId={props.tenantId}
          liveVersion={liveVersion}
          drafts={drafts}
          publish={props.publish}
          onDraft={() => onView({ version: undefined, against: undefined, compare: false })}
        />
      )}
      {shown.kind === 'editor' && draft && live && draft.baseVersion !== liveVersion && (
        <OutrunNotice
          live={live}
          draft={draft}
          userId={props.userId}
          isCompared={isComparing && shown.against.version === liveVersion}
          onCompare={() => onView({ compare: true, against: undefined })}
          onKeep={() => drafts.write({ text: draft.text, baseVersion: liveVersion })}
        />
      )}
      <Content {...props} isComparing={isComparing} onWrite={write} />
      <div className="sticky bottom-0 mt-auto flex flex-wrap items-center gap-x-4 gap-y-2 border-t border-line bg-sheet px-6 py-3 text-meta text-ink-3 phone:px-4">
        {draft && shown.kind === 'editor' && (
          <span className="contents wide:hidden">
            <DraftAge draft={draft} isKept={drafts.isKept} />
            <Button size="small" className="hidden phone:inline-flex" onClick={props.onDiscard}>
              Discard draft
            </Button>
          </span>
        )}
        <p className="phone:w-full">Sources that are found and the conversation follow this text.</p>
      </div>
    </>
  )
}

function Content(
  props: Parameters<typeof PromptPane>[0] & { isComparing: boolean; onWrite: (text: string) => void },
): ReactNode {
  const { shown, versions, drafts } = props
  if (shown.kind === 'default') {
    return (
      <DefaultPrompt
        text={versions.defaultPrompt}
        onStart={(text) => drafts.write({ text, baseVersion: versions.liveVersion })}
      />
    )
  }
  if (props.isComparing) return <Comparison shown={shown} isDraft={props.draft !== undefined && !shown.version} />
  return (
    <PromptEditor
      text={shown.text}
      readOnly={shown.kind === 'version'}
      name={shown.version ? `Version ${shown.version.version}` : 'Prompt'}
      invalid={checkPrompt(shown.text) !== undefined}
      onWrite={props.onWrite}
    />
  )
}

function OlderVersion(props: { more: OlderVersions }): ReactNode {
  const { failure, load } = props.more
  if (failure !== undefined) return <ProblemPanel what="This version" thrown={failure} onTryAgain={load} />
  return (
    <Awaited pending what="this version" skeleton={<TextSkeleton />}>
      {null}
    </Awaited>
  )
}

function NoSuchVersion(props: { onView: (view: PaneView) => void }): ReactNode {
  return (
    <EmptyState
      title="There is no such version"
      action={<Button onClick={() => props.onView({ version: undefined, against: undefined })}>Show the prompt</Button>}
    >
      The prompt has no version of that number.
    </EmptyState>
  )
}

function useCompareKey(options: { isComparing: boolean; onView: (view: PaneView) => void }): void {
  const { isComparing, onView } = options
  useCommands(
    useMemo(
      (): readonly Command[] => [
        {
          id: 'prompt.compare',
          name: isComparing ? 'Show the text' : 'Compare with another version',
          group: 'In the prompt',
          keys: 'C',
          icon: 'document',
          palette: 'This tenant',
          run: () => onView({ compare: !isComparing }),
        },
      ],
      [isComparing, onView],
    ),
  )
}
