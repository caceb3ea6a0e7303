import { choiceField, defineView, flagField, integerField } from '../../lib/view-state.ts'

/** What the Prompt tab shows: which version, compared with which, and on a phone which part. */
export const promptView = defineView({
  /** A version to look at; left out, the draft, or the live prompt where there is none. */
  version: integerField(),
  compare: flagField(),
  /** The version it is compared with; left out, the one it follows. */
  against: integerField(),
  part: choiceField(['prompt', 'versions', 'playground'], 'prompt'),
})
