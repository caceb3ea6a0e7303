import { useCallback, useEffect, useMemo, useSyncExternalStore } from 'react'
import { createDraftStore, type DraftKey, type PromptDraft } from './draft-store.ts'

const drafts = createDraftStore({
  storage: () => localStorage,
  listenToTabs: (listener) => {
    window.addEventListener('storage', listener)
    return () => window.removeEventListener('storage', listener)
  },
})

/** Somebody's draft of a tenant's prompt. */
export interface Draft {
  draft: PromptDraft | undefined
  /** False when the browser refuses to keep it: then leaving the page asks first. */
  isKept: boolean
  write: (draft: Omit<PromptDraft, 'savedAt'>) => void
  /** Forgets it; what it was can be put back by `restore`. */
  discard: () => void
  /** Puts a draft back; returns the one that it replaced. */
  restore: (draft: PromptDraft) => PromptDraft | undefined
}

/** The draft that somebody has of a tenant's prompt in this browser. */
export function useDraft({ userId, tenantId }: DraftKey): Draft {
  const key = useMemo(() => ({ userId, tenantId }), [userId, tenantId])
  const draft = useSyncExternalStore(drafts.subscribe, () => drafts.read(key))
  const isKept = useSyncExternalStore(drafts.subscribe, () => drafts.isKept(key))
  useEffect(() => {
    if (isKept) return undefined
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault()
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [isKept])
  const restore = useCallback(
    (old: PromptDraft) => {
      const replaced = drafts.read(key)
      drafts.write(key, old)
      return replaced
    },
    [key],
  )
  const write = useCallback(
    (next: Omit<PromptDraft, 'savedAt'>) => drafts.write(key, { ...next, savedAt: new Date().toISOString() }),
    [key],
  )
  const discard = useCallback(() => drafts.write(key, undefined), [key])
  return { draft, isKept, write, discard, restore }
}
