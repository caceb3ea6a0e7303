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

const names: ReadonlySet<string> = new Set([...Object.values(configurations), 'simple'])

/** Tells whether a text is the name of a configuration. */
export function isSearchLanguage(text: unknown): text is SearchLanguage {
  return typeof text === 'string' && names.has(text)
}

/** The configuration of a language by its ISO 639-1 code; `simple` when it has none. */
export function searchLanguageOf(code: string): SearchLanguage {
  return isConfigured(code) ? configurations[code] : 'simple'
}

function isConfigured(code: string): code is keyof typeof configurations {
  return Object.hasOwn(configurations, code)
}
