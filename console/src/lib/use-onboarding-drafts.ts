import { useCallback, useMemo, useSyncExternalStore } from 'react'
import { createDraftStore } from './draft-store.ts'
import type { OnboardingDrafts } from './onboarding-drafts.ts'

const store = createDraftStore({ storage: () => localStorage })

/** Somebody's onboarding drafts in this browser; re-renders when they change, here or in another tab. */
export function useOnboardingDrafts(userId: string): {
  drafts: OnboardingDrafts
  change: (apply: (drafts: OnboardingDrafts) => OnboardingDrafts) => void
  /** False when this browser keeps nothing: what is typed is lost with the page. */
  isKept: boolean
} {
  const drafts = useSyncExternalStore(subscribe, () => store.read(userId))
  const isKept = useSyncExternalStore(subscribe, () => store.isKept())
  const change = useCallback(
    (apply: (drafts: OnboardingDrafts) => OnboardingDrafts) => store.change(userId, apply),
    [userId],
  )
  return useMemo(() => ({ drafts, change, isKept }), [drafts, change, isKept])
}

function subscribe(listener: () => void): () => void {
  const unsubscribe = store.subscribe(listener)
  window.addEventListener('storage', listener)
  return () => {
    unsubscribe()
    window.removeEventListener('storage', listener)
  }
}
