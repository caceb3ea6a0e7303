import { eld } from 'eld/small'

/** Names of PostgreSQL's text search configurations, by the ISO 639-1 code of their language. */
const configurations = {
  ar: 'arabic',
  ca: 'catalan',
  da: 'danish',
  de: 'german',
  el: 'greek',
  en: 'english',
  es: 'spanish',
  eu: 'basque',
  fi: 'finnish',
  fr: 'french',
  hi: 'hindi',
  hu: 'hungarian',
  hy: 'armenian',
  it: 'italian',
  lt: 'lithuanian',
  nl: 'dutch',
  no: 'norwegian',
  pt: 'portuguese',
  ro: 'romanian',
  ru: 'russian',
  sr: 'serbian',
  sv: 'swedish',
  ta: 'tamil',
  tr: 'turkish',
} as const

/** How a text's words are brought to their stems; `simple` takes them as they are, for all other languages. */
export type SearchLanguage = (typeof configurations)[keyof typeof configurations] | 'simple'

/** More tells no more. */
const charactersReadMax = 4_000

/** The language of a text, as full-text search needs it; `simple` when it has no configuration or cannot be told. */
export function detectLanguage(text: string): SearchLanguage {
  const found = eld.detect(text.slice(0, charactersReadMax))
  return isConfigured(found.language) && found.isReliable() ? configurations[found.language] : 'simple'
}

function isConfigured(code: string): code is keyof typeof configurations {
  return Object.hasOwn(configurations, code)
}
