import { useCallback, useDeferredValue, useEffect, useMemo, useState, type ReactNode } from 'react'
import { useIsPhone } from '../../lib/use-media.ts'
import { useView } from '../../lib/use-view.ts'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { PageActions } from '../../ui/page-actions.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { useToasts } from '../../ui/toasts.ts'
import { chooseShown, isChange } from './choose-shown.ts'
import { DraftAge } from './draft-state.tsx'
import { MakeLiveDialog } from './make-live-dialog.tsx'
import { Playground } from './playground.tsx'
import { PromptPane } from './prompt-pane.tsx'
import { textOf, type OlderVersions, type Versions } from './prompt.queries.ts'
import { checkPrompt, toPrompt } from './prompt-text.ts'
import { promptView } from './prompt.view.ts'
import { countChanges } from './text-diff.ts'
import type { PromptDraft } from './draft-store.ts'
import { useDraft, type Draft } from './use-draft.ts'
import { usePublish } from './use-publish.ts'
import { formatChanges, VersionsRail } from './versions-rail.tsx'

const parts = [
  { value: 'prompt', label: 'Prompt' },
  { value: 'versions', label: 'Versions' },
  { value: 'playground', label: 'Playground' },
] as const

/** Versions, prompt and playground side by side; on a phone one of them at a time. */
export function PromptWorkbench(props: {
  tenantId: string
  userId: string
  versions: Versions
  more: OlderVersions
}): ReactNode {
  const { tenantId, userId, versions, more } = props
  const [view, change] = useView(promptView)
  const drafts = useDraft({ userId, tenantId })
  const { draft } = drafts
  const publish = usePublish()
  const bringBack = useBringBack(drafts)
  const discard = useDiscard(drafts, bringBack)
  const [asking, setAsking] = useState(false)
  const changed = draft && isChange(draft, versions) ? draft : undefined
  const shown = chooseShown({ versions, draft, view, hasOlder: more.has })
  useOlderVersions({ isNeeded: shown.kind === 'awaited' || shown.against.text === undefined, more })
  const isLong = changed && checkPrompt(changed.text)
  const changes = useChanges(changed?.text, versions)

  const { live, liveVersion } = versions
  const liveName = live?.system_prompt ? `Version ${liveVersion}` : 'The platform’s default'
  const other =
    shown.version && shown.version.version !== liveVersion
      ? { name: `Version ${shown.version.version}`, text: shown.text }
      : changed && { name: 'Draft', text: changed.text }
  const showPart = useCallback((part: (typeof parts)[number]['value']) => change({ part }), [change])
  const isPhone = useIsPhone()
  const showPlayground = useCallback(() => isPhone && showPart('playground'), [isPhone, showPart])

  return (
    <>
      <PageActions>
        {changed && (
          <>
            <span className="hidden wide:block">
              <DraftAge draft={changed} isKept={drafts.isKept} />
            </span>
            <Button className="phone:hidden" onClick={discard}>
              Discard draft
            </Button>
            <Button kind="primary" reason={isLong} onClick={() => setAsking(true)}>
              {toPrompt(changed.text) === null ? 'Make default live…' : 'Make draft live…'}
            </Button>
          </>
        )}
      </PageActions>
      <div className="hidden border-b border-line px-4 py-2 phone:block">
        <Segmented label="Part" value={view.part} choices={parts} onChoose={showPart} />
      </div>
      <div className="relative desk:grid desk:grid-cols-[190px_minmax(0,1fr)] wide:h-[calc(100%-var(--head-h,104px))] wide:grid-cols-[190px_minmax(0,1fr)_minmax(420px,46.5%)]">
        <div
          className={classNames(
            'relative min-h-0 border-line desk:overflow-y-auto desk:border-e',
            view.part !== 'versions' && 'phone:hidden',
          )}
        >
          <VersionsRail
            versions={versions}
            userId={userId}
            draft={changed && { ...changed, changes }}
            shown={view.version ?? (changed ? 'draft' : liveVersion)}
            onShow={(next) =>
              change({
                version: next === 'draft' || (next === liveVersion && !changed) ? undefined : next,
                against: undefined,
                part: 'prompt',
              })
            }
            more={more}
          />
        </div>
        <div
          className={classNames(
            'relative flex min-h-0 flex-col wide:overflow-y-auto',
            view.part !== 'prompt' && 'phone:hidden',
          )}
        >
          <PromptPane
            tenantId={tenantId}
            userId={userId}
            versions={versions}
            shown={shown}
            draft={changed}
            drafts={drafts}
            publish={publish}
            compare={view.compare}
            onView={change}
            onDiscard={discard}
            more={more}
          />
        </div>
        <div
          className={classNames(
            'relative min-h-0 border-line desk:col-span-2 desk:border-t wide:col-span-1 wide:overflow-y-auto wide:border-s wide:border-t-0',
            view.part !== 'playground' && 'phone:hidden',
          )}
        >
          <Playground tenantId={tenantId} liveName={liveName} other={other} onShow={showPlayground} />
        </div>
      </div>
      {changed && (
        <MakeLiveDialog
          open={asking}
          onClose={() => setAsking(false)}
          tenantId={tenantId}
          userId={userId}
          draft={changed}
          versions={versions}
          publish={publish}
          onDone={() => {
            drafts.discard()
            change({ version: undefined, against: undefined, compare: false })
          }}
          onUndone={(live) => bringBack({ ...changed, baseVersion: live })}
        />
      )}
    </>
  )
}

/** Puts a draft back; one that was written since can be had again. */
function useBringBack(drafts: Draft): (draft: PromptDraft) => void {
  const toasts = useToasts()
  const { restore } = drafts
  return function bringBack(draft) {
    const replaced = restore(draft)
    if (replaced && replaced.text !== draft.text) {
      toasts.done('The former draft is back', { undo: () => bringBack(replaced) })
    }
  }
}

/** Forgets the draft and offers to bring it back. */
function useDiscard(drafts: Draft, bringBack: (draft: PromptDraft) => void): () => void {
  const toasts = useToasts()
  const { draft, discard } = drafts
  return () => {
    if (!draft) return
    discard()
    toasts.done('Draft discarded', { undo: () => bringBack(draft) })
  }
}

/** Loads older versions as long as the address names one that is not here. */
function useOlderVersions(options: { isNeeded: boolean; more: OlderVersions }): void {
  const { isNeeded, more } = options
  const isWanted = isNeeded && more.has && !more.busy && more.failure === undefined
  const { load } = more
  useEffect(() => {
    if (isWanted) void load()
  }, [isWanted, load])
}

/** “+3 −2” of the draft against the live prompt, a little after it is written. */
function useChanges(text: string | undefined, versions: Versions): string {
  const after = useDeferredValue(text)
  const before = textOf(versions.live, versions.defaultPrompt)
  return useMemo(() => (after === undefined ? '' : formatChanges(countChanges({ before, after }))), [before, after])
}
