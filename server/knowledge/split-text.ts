/** A heading in a text: where its section begins (behind the heading's own line), its level from 1, its words. */
export interface Heading {
  /** Where the heading itself begins. */
  at: number
  bodyAt: number
  level: number
  title: string
}

/** A passage: exactly `text.slice(start, end)`, in UTF-16 code units, and the headings above it. */
export interface Passage {
  start: number
  end: number
  /** The path of headings, outermost first, joined by “ › ”; null without any. */
  heading: string | null
}

/** Long enough to say something, short enough that a citation points at it. In UTF-16 code units. */
const passageLengthMax = 1_200
const passageLengthMin = 400
const headingLengthMax = 120
const headingsMax = 6

/**
 * Splits a text by its structure: never over a heading, then at blank lines, line ends, ends of sentences, spaces, and,
 * where there is none of these, in between; never inside a surrogate pair. White space around passages is left out;
 * everything else is in exactly one passage.
 */
export function splitText(text: string, headings: readonly Heading[]): Passage[] {
  const passages: Passage[] = []
  const path: Heading[] = []
  const first = headings[0]
  addPassages(passages, text, { start: 0, end: first ? first.at : text.length, heading: null })
  for (const [index, heading] of headings.entries()) {
    while (path.length > 0 && (path.at(-1)?.level ?? 0) >= heading.level) path.pop()
    path.push(heading)
    const end = headings[index + 1]?.at ?? text.length
    const hasBody = text.slice(heading.bodyAt, end).trim() !== ''
    // A heading over nothing is a text of its own.
    const start = hasBody ? heading.bodyAt : heading.at
    addPassages(passages, text, { start, end, heading: hasBody ? describePath(path) : describePath(path.slice(0, -1)) })
  }
  return passages
}

function describePath(path: readonly Heading[]): string | null {
  const titles = path
    .map(({ title }) => title.slice(0, headingLengthMax).toWellFormed())
    .filter((title) => title !== '')
  return titles.length === 0 ? null : titles.slice(-headingsMax).join(' › ')
}

function addPassages(passages: Passage[], text: string, section: Passage): void {
  let at = skipSpace(text, section.start, section.end)
  while (at < section.end) {
    const cut = section.end - at <= passageLengthMax ? section.end : at + findCut(text.slice(at, at + passageLengthMax))
    const end = trimEnd(text, at, cut)
    if (end > at) passages.push({ start: at, end, heading: section.heading })
    at = skipSpace(text, cut, section.end)
  }
}

const breaks = [/\n[^\S\n]*\n/g, /\n/g, /[.!?…。！？][”"’')\]]*\s/g, /\s/g]

/** Where a passage ends at the latest; the best kind of place that leaves it long enough. */
function findCut(window: string): number {
  for (const pattern of breaks) {
    let last = -1
    for (const found of window.matchAll(pattern)) last = found.index + found[0].length
    if (last >= passageLengthMin) return last
  }
  const code = window.charCodeAt(window.length - 1)
  return code >= 0xd800 && code <= 0xdbff ? window.length - 1 : window.length
}

function skipSpace(text: string, from: number, end: number): number {
  let at = from
  while (at < end && isSpace(text.charAt(at))) at += 1
  return at
}

function trimEnd(text: string, start: number, from: number): number {
  let end = from
  while (end > start && isSpace(text.charAt(end - 1))) end -= 1
  return end
}

function isSpace(character: string): boolean {
  return character.trim() === ''
}

/** The headings of a Markdown text, ATX and setext, outside of code blocks. */
export function findMarkdownHeadings(text: string): Heading[] {
  const headings: Heading[] = []
  let fence: string | undefined
  let at = 0
  let before: { at: number; line: string } | undefined
  for (const line of text.split('\n')) {
    const bodyAt = Math.min(at + line.length + 1, text.length)
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1]
    if (fence !== undefined) {
      if (mark !== undefined && mark.startsWith(fence)) fence = undefined
    } else if (mark === undefined) {
      const found = readHeading(line, before?.line)
      if (found?.isUnderline && before) headings.push({ at: before.at, bodyAt, level: found.level, title: found.title })
      else if (found && !found.isUnderline) headings.push({ at, bodyAt, level: found.level, title: found.title })
    } else {
      fence = mark
    }
    before = { at, line }
    at = bodyAt
  }
  return headings
}

function readHeading(
  line: string,
  before: string | undefined,
): { level: number; title: string; isUnderline: boolean } | undefined {
  const atx = /^ {0,3}(#{1,6})[ \t]+(.*)$/.exec(line)
  if (atx) {
    const [, hashes = '', words = ''] = atx
    return { level: hashes.length, title: plain(words.replace(/[ \t]#+[ \t]*$/, '')), isUnderline: false }
  }
  const underline = /^ {0,3}(=+|-{2,})[ \t]*$/.exec(line)?.[1]
  // A list, a quotation or a table above a rule is no heading.
  if (underline === undefined || !before?.trim() || /^\s*([-*+>|#]|\d+[.)])/.test(before)) return undefined
  return { level: underline.startsWith('=') ? 1 : 2, title: plain(before), isUnderline: true }
}

/** A heading's words without the marks around them. */
function plain(words: string): string {
  return words
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[*_`]+/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
