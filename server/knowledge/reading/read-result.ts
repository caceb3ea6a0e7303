import type { Heading } from '../split-text.ts'

/** What a reader found in a file. */
export interface ReadText {
  /** What the document calls itself; null when it does not. */
  title: string | null
  text: string
  headings: Heading[]
}

/** Why a file could not be read: a code of document-errors.ts and a sentence. */
export class ReadingFailed extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message)
    this.name = 'ReadingFailed'
  }
}

/** A text as it is stored: line ends of one kind, nothing that PostgreSQL cannot store or that nobody can see. */
export function cleanText(text: string): string {
  return (
    text
      .replaceAll(/\r\n?/g, '\n')
      // NUL and the other control characters, but not tabs and line ends.
      // eslint-disable-next-line no-control-regex
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufeff]/g, '')
      .toWellFormed()
  )
}
