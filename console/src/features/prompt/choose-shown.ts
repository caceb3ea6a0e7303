import { findText } from './describe-versions.ts'
import type { PromptDraft } from './draft-store.ts'
import { textOf, type PromptVersion, type Versions } from './prompt.queries.ts'
import { toPrompt } from './prompt-text.ts'

/** What the middle of the page shows, from the address and what there is. */
export interface Shown {
  /**
   * `editor`: the draft, or the live text that becomes one; `default`: nothing written yet; `version`: one to read;
   * `awaited`: older pages are on their way; `missing`: there is no such version.
   */
  kind: 'editor' | 'default' | 'version' | 'awaited' | 'missing'
  /** The version to read. */
  version: PromptVersion | undefined
  text: string
  /** What it is compared with: its number (0 is the platform's default) and text; undefined while that is not loaded. */
  against: { version: number; text: string | undefined }
}

/**
 * Whether a draft would change what answers. One that says what the live prompt says is none, nor is one that says what
 * it was begun from: nothing was written in it.
 */
export function isChange(draft: PromptDraft, versions: Versions): boolean {
  const prompt = toPrompt(draft.text)
  return prompt !== (versions.live?.system_prompt ?? null) && prompt !== findPrompt(versions, draft.baseVersion)
}

/** The prompt of a version, null for the platform's default; undefined when it is not loaded. */
function findPrompt(versions: Versions, version: number): string | null | undefined {
  if (version === 0) return null
  return versions.items.find((item) => item.version === version)?.system_prompt
}

/** Finds what to show. `hasOlder`: there are versions that are not loaded. */
export function chooseShown(options: {
  versions: Versions
  draft: PromptDraft | undefined
  view: { version: number | undefined; against: number | undefined }
  hasOlder: boolean
}): Shown {
  const { versions, draft, view, hasOlder } = options
  const { live, liveVersion, defaultPrompt } = versions
  const compared = (fallback: number): Shown['against'] => {
    const version = view.against ?? fallback
    return { version, text: findText(versions, version) }
  }
  const hasDraft = draft !== undefined && isChange(draft, versions)
  if (view.version === undefined || (view.version === liveVersion && !hasDraft)) {
    const own = live?.system_prompt ?? null
    const text = hasDraft || own === null ? (draft?.text ?? '') : own
    const kind = draft === undefined && own === null ? 'default' : 'editor'
    return { kind, version: undefined, text, against: compared(hasDraft ? liveVersion : Math.max(0, liveVersion - 1)) }
  }
  const version = versions.items.find((item) => item.version === view.version)
  if (version) {
    return { kind: 'version', version, text: textOf(version, defaultPrompt), against: compared(version.version - 1) }
  }
  const oldest = versions.items.at(-1)?.version ?? 0
  const isOlder = view.version > 0 && view.version < oldest
  return { kind: isOlder && hasOlder ? 'awaited' : 'missing', version: undefined, text: '', against: compared(0) }
}
