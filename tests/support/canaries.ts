/** Texts that may be seen by some and by nobody else. */
export interface Canaries {
  /** Makes a text, of lower-case letters and digits, that only these may see. */
  make(kind: string, seenBy: readonly string[]): string
  /** Lets an id that the server made be seen by these alone. */
  watch(text: string, seenBy: readonly string[]): string
  /** The canaries in a text that `viewer` may not see, but for those in `said`: what the viewer said itself. */
  findForeign(text: string, viewer: string, said?: string): string[]
  /** Every canary in a text. */
  find(text: string): string[]
  /** Who may see a canary. */
  seenBy(canary: string): readonly string[]
  readonly size: number
}

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
const words = new RegExp(`cnry[a-z0-9]+|${uuid}|tenant_\\d+(?:_[0-9a-f]+)?\\b`, 'gi')
/** A cursor is a list as base64url. */
const cursors = /WyI[\w-]{12,}/g

/** Canaries in plain text and in cursors. */
export function createCanaries(): Canaries {
  const known = new Map<string, readonly string[]>()
  const read = (text: string): string[] => {
    const inCursors = [...text.matchAll(cursors)].flatMap(([cursor]) =>
      read(Buffer.from(cursor, 'base64url').toString('utf8')),
    )
    const plain = [...text.matchAll(words)].map(([word]) => word.toLowerCase())
    return [...plain, ...inCursors].filter((word) => known.has(word))
  }
  const watch = (text: string, seenBy: readonly string[]): string => {
    known.set(text.toLowerCase(), seenBy)
    return text
  }
  return {
    make: (kind, seenBy) => watch(`cnry${kind}${Math.random().toString(36).slice(2, 10).padEnd(8, '0')}`, seenBy),
    watch,
    find: read,
    findForeign(text, viewer, said = '') {
      const own = new Set(read(said))
      return [...new Set(read(text))].filter((word) => !own.has(word) && !known.get(word)?.includes(viewer))
    },
    seenBy: (canary) => known.get(canary.toLowerCase()) ?? [],
    get size() {
      return known.size
    },
  }
}
