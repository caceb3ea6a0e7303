import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { toProblem } from '../../api/problem.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Notice } from '../../ui/notice.tsx'
import { When } from '../../ui/time.tsx'
import { describeAuthor, nameVersion } from './describe-versions.ts'
import { DiffView } from './diff-view.tsx'
import type { PromptDraft } from './draft-store.ts'
import { refreshPrompt, textOf, type Versions } from './prompt.queries.ts'
import { toPrompt } from './prompt-text.ts'
import { diffTexts } from './text-diff.ts'
import { describePublishProblem, isOutrun, type Publish } from './use-publish.ts'

/**
 * Asks before a draft answers in place of the live prompt, with everything that would change. What is live is asked anew
 * when it opens, and the server refuses when yet another version came meanwhile: then the comparison is drawn again.
 */
export function MakeLiveDialog(props: {
  open: boolean
  onClose: () => void
  tenantId: string
  userId: string
  draft: PromptDraft
  versions: Versions
  publish: Publish
  onDone: () => void
  /** It was taken back; `live` is the version that answers since. */
  onUndone: (live: number) => void
}): ReactNode {
  const { open, tenantId, draft, versions } = props
  const api = useApi()
  const queryClient = useQueryClient()
  const { live, liveVersion, defaultPrompt } = versions
  const before = textOf(live, defaultPrompt)
  const prompt = toPrompt(draft.text)
  const after = prompt ?? defaultPrompt
  const diff = useMemo(() => diffTexts({ before, after }), [before, after])
  // Asks once as it opens; what comes is drawn through the versions themselves.
  const check = useQuery({
    queryKey: ['prompt-check', tenantId],
    queryFn: async () => {
      await refreshPrompt({ api, queryClient, tenantId })
      return true
    },
    enabled: false,
    gcTime: 0,
  })
  const { refetch } = check
  useEffect(() => {
    if (open) void refetch()
  }, [open, refetch])

  const makeLive = async (): Promise<void> => {
    try {
      await props.publish.makeLive({ tenantId, live: liveVersion, prompt, onUndone: props.onUndone })
      props.onDone()
    } catch (thrown) {
      if (isOutrun(toProblem(thrown))) await refetch()
      throw thrown
    }
  }
  const target = nameVersion(liveVersion)
  return (
    <ConfirmDialog
      open={open}
      wide
      danger={false}
      onClose={props.onClose}
      title={prompt === null ? 'Make the platform’s default live' : `Make the draft live as version ${liveVersion + 1}`}
      description={
        prompt === null
          ? `The draft is empty: the platform’s default answers in place of ${target}, from the next question on.`
          : `It answers in place of ${target}, from the next question on. ${liveVersion === 0 ? '' : `Version ${liveVersion} stays in the list.`}`
      }
      keep="Keep as draft"
      verb={prompt === null ? 'Make default live' : 'Make draft live'}
      onConfirm={makeLive}
      describeFailure={(thrown) => describePublishProblem(toProblem(thrown))}
    >
      {live && liveVersion !== draft.baseVersion && (
        <div className="mt-4">
          <Notice
            tone="warn"
            icon="attention"
            title={`Version ${liveVersion} was made live after this draft was begun`}
          >
            {describeAuthor(live, props.userId)}, <When time={live.created_at} />. The draft replaces it as a whole:
            check that nothing below is removed by mistake.
          </Notice>
        </div>
      )}
      <div className="mt-4 overflow-hidden rounded-md border border-line bg-sheet">
        <DiffView folded diff={diff} name={`Changes from ${target} to the draft`} />
      </div>
      <p role="status" className="mt-2 text-meta text-ink-3">
        {check.isFetching
          ? 'Checking what is live now…'
          : check.error
            ? 'What is live now could not be checked. If it changed, nothing is written over it.'
            : ''}
      </p>
    </ConfirmDialog>
  )
}
