import { noDrafts, parseDrafts, type OnboardingDrafts } from './onboarding-drafts.ts'

/** The part of `Storage` that drafts need. */
export type DraftStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/** Keeps everybody's onboarding drafts in this browser, each under its user. */
export interface DraftStore {
  /** The same object as long as nothing changed. */
  read(userId: string): OnboardingDrafts
  change(userId: string, apply: (drafts: OnboardingDrafts) => OnboardingDrafts): void
  /** Whether the last change outlasts this page; false when the browser keeps nothing, or has no room left. */
  isKept(): boolean
  subscribe(listener: () => void): () => void
}

/** Makes the store. `storage` may throw, as browsers do where storage is closed: drafts then last as long as the page. */
export function createDraftStore(options: { storage: () => DraftStorage }): DraftStore {
  const listeners = new Set<() => void>()
  const cached = new Map<string, { text: string | null; drafts: OnboardingDrafts }>()
  let kept = true
  const readText = (key: string): string | null => {
    try {
      // What could not be written is newer than what storage holds.
      return kept ? options.storage().getItem(key) : (cached.get(key)?.text ?? null)
    } catch {
      return cached.get(key)?.text ?? null
    }
  }
  const read = (userId: string): OnboardingDrafts => {
    const key = keyOf(userId)
    const text = readText(key)
    const known = cached.get(key)
    if (known?.text === text) return known.drafts
    const drafts = parseDrafts(text)
    cached.set(key, { text, drafts })
    return drafts
  }
  return {
    read,
    change: (userId, apply) => {
      const before = read(userId)
      const drafts = apply(before)
      if (drafts === before) return
      const key = keyOf(userId)
      const isEmpty = drafts.fresh === undefined && drafts.unfinished.length === 0
      const text = isEmpty ? null : JSON.stringify(drafts)
      cached.set(key, { text, drafts: isEmpty ? noDrafts : drafts })
      kept = attempt(() => {
        if (text === null) options.storage().removeItem(key)
        else options.storage().setItem(key, text)
      })
      for (const listener of listeners) listener()
    },
    isKept: () => kept,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function keyOf(userId: string): string {
  return `tenantry.onboarding.${userId}`
}

function attempt(work: () => void): boolean {
  try {
    work()
    return true
  } catch {
    return false
  }
}
