import { eld } from 'eld/small'
import { type SearchLanguage, searchLanguageOf } from './search-language.ts'

/** More tells no more. */
const charactersReadMax = 4_000

/**
 * The language of a text, as full-text search needs it; `simple` when it has no configuration or cannot be told. This
 * module holds 1.6 MB of what tells languages apart: import it only where texts are read.
 */
export function detectLanguage(text: string): SearchLanguage {
  const found = eld.detect(text.slice(0, charactersReadMax))
  return found.isReliable() ? searchLanguageOf(found.language) : 'simple'
}
