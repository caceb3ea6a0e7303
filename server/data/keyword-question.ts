/** A question as full-text search reads it. */
export interface KeywordQuestion {
  /** All its words. */
  words: string
  /** What stands in quotation marks: passages that hold all of these come alone, when there are any. */
  phrases: string[]
  /** Words that ended with a star: what begins with them is meant. */
  starred: string[]
  /** The last word when it may go on; what begins with it is found if it is no whole word of the documents. */
  typed: string | null
}

/** More tells no more: only the first words of a question count. */
const charactersReadMax = 4_000
const phrasesMax = 8
const starredMax = 8
const quoted = /["“„«”]([^"“„«”»]{2,200})["”“»]/gu
const starredWord = /(?<![\p{L}\p{N}])([\p{L}\p{N}]{2,60})\*/gu
const lastWord = /(?<![\p{L}\p{N}])([\p{L}\p{N}]{3,60})$/u

/** Reads phrases in quotation marks of several languages, stars, and a last word that is still being typed. */
export function parseKeywordQuestion(question: string): KeywordQuestion {
  const text = question.slice(0, charactersReadMax).toWellFormed().replaceAll('\u0000', ' ')
  const phrases = [...text.matchAll(quoted)].flatMap(([, phrase = '']) =>
    /[\p{L}\p{N}]/u.test(phrase) ? [phrase] : [],
  )
  const starred = [...text.matchAll(starredWord)].flatMap(([, word]) => word ?? [])
  return {
    words: text.replaceAll(starredWord, ' '),
    phrases: phrases.slice(0, phrasesMax),
    starred: starred.slice(0, starredMax),
    typed: lastWord.exec(text)?.[1] ?? null,
  }
}
