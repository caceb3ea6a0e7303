import { useState, type ReactNode } from 'react'
import { Button } from '../../ui/button.tsx'
import { When } from '../../ui/time.tsx'
import { useToasts } from '../../ui/toasts.ts'
import type { PromptVersion } from './prompt.queries.ts'
import type { Draft } from './use-draft.ts'
import type { Publish } from './use-publish.ts'

/** An older version: who made it, and how to use it again, at once or as a draft. */
export function RestoreRow(props: {
  version: PromptVersion
  isLive: boolean
  author: string
  tenantId: string
  liveVersion: number
  drafts: Draft
  publish: Publish
  /** Shows the draft that was begun. */
  onDraft: () => void
}): ReactNode {
  const { version, isLive, drafts, liveVersion } = props
  const [busy, setBusy] = useState(false)
  const toasts = useToasts()
  const restore = async (): Promise<void> => {
    setBusy(true)
    await props.publish.restore({ tenantId: props.tenantId, version: version.version, live: liveVersion })
    setBusy(false)
  }
  const beginDraft = (): void => {
    const { draft } = drafts
    drafts.write({ text: version.system_prompt ?? '', baseVersion: liveVersion })
    props.onDraft()
    if (draft) {
      toasts.done(`The draft says what version ${version.version} says`, { undo: () => drafts.restore(draft) })
    }
  }
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2 border-b border-line bg-sunken px-6 py-2 phone:px-4">
      <p className="me-auto text-meta text-ink-2 phone:w-full">
        <strong className="font-semibold text-ink">Version {version.version}</strong>
        {isLive && ', live'} · {props.author}, <When time={version.created_at} />
        {version.system_prompt === null && ' · the platform’s default'}
      </p>
      {!isLive && (
        <>
          {version.system_prompt !== null && (
            <Button size="small" onClick={beginDraft}>
              Edit as draft
            </Button>
          )}
          <Button size="small" busy={busy} onClick={() => void restore()}>
            Restore version {version.version}
          </Button>
        </>
      )}
    </div>
  )
}
