/** What somebody wrote and has not made live. */
export interface PromptDraft {
  text: string
  /** The version that was live when it was begun; 0 for none. */
  baseVersion: number
  /** RFC 3339. */
  savedAt: string
}

/** Whose draft of which tenant's prompt. */
export interface DraftKey {
  userId: string
  tenantId: string
}

/** The drafts of this browser. */
export interface DraftStore {
  /** The same object as long as nothing was written. */
  read(key: DraftKey): PromptDraft | undefined
  /** Keeps a draft; an undefined one is forgotten. */
  write(key: DraftKey, draft: PromptDraft | undefined): void
  /** Whether a draft outlasts the page; false when the browser refuses to keep it. */
  isKept(key: DraftKey): boolean
  /** Calls back when a draft changes, here or in another tab; returns how to stop. */
  readonly subscribe: (listener: () => void) => () => void
}

const prefix = 'tenantry.prompt_draft.'

/**
 * Keeps drafts in the browser's storage, each for one person and tenant, so that they outlast a reload and a sign-out.
 * What the storage refuses (it is full, or forbidden) is kept in memory as long as the page lives.
 */
export function createDraftStore(options: {
  storage: () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  listenToTabs: (listener: () => void) => () => void
}): DraftStore {
  const seen = new Map<string, { text: string | null; draft: PromptDraft | undefined }>()
  const unkept = new Map<string, PromptDraft>()
  const listeners = new Set<() => void>()
  const tell = (): void => {
    for (const listener of listeners) listener()
  }

  function readKept(name: string): PromptDraft | undefined {
    const known = seen.get(name)
    try {
      const text = options.storage().getItem(name)
      if (known?.text === text) return known.draft
      const draft = text === null ? undefined : parseDraft(text)
      seen.set(name, { text, draft })
      return draft
    } catch {
      return known?.draft
    }
  }

  function store(name: string, draft: PromptDraft | undefined): void {
    unkept.delete(name)
    try {
      if (draft === undefined) options.storage().removeItem(name)
      else options.storage().setItem(name, JSON.stringify(draft))
    } catch {
      if (draft !== undefined) unkept.set(name, draft)
    }
  }

  return {
    read: (key) => unkept.get(nameOf(key)) ?? readKept(nameOf(key)),
    write: (key, draft) => {
      store(nameOf(key), draft)
      tell()
    },
    isKept: (key) => !unkept.has(nameOf(key)),
    subscribe: (listener) => {
      listeners.add(listener)
      const stop = options.listenToTabs(listener)
      return () => {
        listeners.delete(listener)
        stop()
      }
    },
  }
}

function nameOf({ userId, tenantId }: DraftKey): string {
  return `${prefix}${userId}.${tenantId}`
}

function parseDraft(text: string): PromptDraft | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isDraft(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isDraft(value: unknown): value is PromptDraft {
  return (
    typeof value === 'object' &&
    value !== null &&
    'text' in value &&
    typeof value.text === 'string' &&
    'baseVersion' in value &&
    typeof value.baseVersion === 'number' &&
    'savedAt' in value &&
    typeof value.savedAt === 'string' &&
    !Number.isNaN(Date.parse(value.savedAt))
  )
}
