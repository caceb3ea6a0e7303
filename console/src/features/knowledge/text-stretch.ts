/** A stretch of a text, in UTF-16 code units; `to` is behind its last one. */
export interface Stretch {
  from: number
  to: number
}

/** More than this is not read at once, and a browser gets slow by it. */
const charactersAtOnce = 60_000

/** What of a text is shown at first: all of a short one, else its beginning, or what is around a passage. */
export function cutStretch(options: { length: number; passage: Stretch | undefined }): Stretch {
  const { length, passage } = options
  if (length <= charactersAtOnce) return { from: 0, to: length }
  const middle = passage ? Math.floor((passage.from + passage.to) / 2) : 0
  const from = Math.min(Math.max(0, middle - charactersAtOnce / 2), length - charactersAtOnce)
  return { from, to: from + charactersAtOnce }
}

/** The same and as much again before or behind it. */
export function widenStretch(options: { length: number; stretch: Stretch; towards: 'start' | 'end' }): Stretch {
  const { length, stretch, towards } = options
  return towards === 'start'
    ? { ...stretch, from: Math.max(0, stretch.from - charactersAtOnce) }
    : { ...stretch, to: Math.min(length, stretch.to + charactersAtOnce) }
}
