import { diffArrays, diffWordsWithSpace } from 'diff'

/** A piece of a line; `marked` words are those that changed. */
export interface DiffPart {
  text: string
  marked: boolean
}

/** A line of a comparison with its numbers in both texts, from 1; undefined where it is not. */
export interface DiffRow {
  kind: 'same' | 'removed' | 'added'
  before: number | undefined
  after: number | undefined
  parts: readonly DiffPart[]
}

/** How two texts differ, line by line. */
export interface TextDiff {
  rows: readonly DiffRow[]
  added: number
  removed: number
}

/** Beyond these a comparison would hold the page up: then whole parts count as changed. */
const bounds = { maxEditLength: 2000, timeout: 150 }
/** Where less than this of the shorter line is shared, there are two lines, not one that changed. */
const likenessMin = 0.4
const pairsMax = 400
const foldedMin = 4

/** Rows to show, or unchanged ones that are folded away. */
export type DiffStretch = { kind: 'rows'; rows: readonly DiffRow[] } | { kind: 'fold'; rows: readonly DiffRow[] }

/** Folds unchanged rows away but those near a change; a fold saves at least four rows. */
export function foldRows(rows: readonly DiffRow[], nearRows = 3): readonly DiffStretch[] {
  const near = new Set<number>()
  for (const [at, row] of rows.entries()) {
    if (row.kind === 'same') continue
    for (let by = -nearRows; by <= nearRows; by++) near.add(at + by)
  }
  const stretches: { kind: DiffStretch['kind']; rows: DiffRow[] }[] = []
  for (const [at, row] of rows.entries()) {
    const kind = near.has(at) ? 'rows' : 'fold'
    const last = stretches.at(-1)
    if (last?.kind === kind) last.rows.push(row)
    else stretches.push({ kind, rows: [row] })
  }
  return stretches.map((stretch) => (stretch.rows.length < foldedMin ? { ...stretch, kind: 'rows' } : stretch))
}

/** Compares two texts by lines and, in lines that changed, by words. Lines end in LF or CRLF. */
export function diffTexts(options: { before: string; after: string }): TextDiff {
  const before = splitLines(options.before)
  const after = splitLines(options.after)
  const rows: DiffRow[] = []
  for (const run of compareLines(before, after)) {
    const [firstBefore, firstAfter] = [run.beforeAt + 1, run.afterAt + 1]
    if (run.same) {
      rows.push(...run.removed.map((text, at) => sameRow(text, firstBefore + at, firstAfter + at)))
      continue
    }
    const { removed, added } = markWords(run.removed, run.added)
    rows.push(
      ...removed.map((parts, at): DiffRow => ({ kind: 'removed', before: firstBefore + at, after: undefined, parts })),
      ...added.map((parts, at): DiffRow => ({ kind: 'added', before: undefined, after: firstAfter + at, parts })),
    )
  }
  return { rows, added: countKind(rows, 'added'), removed: countKind(rows, 'removed') }
}

/** How many lines were added and removed, as cheaply as it can be told. */
export function countChanges(options: { before: string; after: string }): Pick<TextDiff, 'added' | 'removed'> {
  const runs = compareLines(splitLines(options.before), splitLines(options.after)).filter(({ same }) => !same)
  return {
    added: runs.reduce((sum, run) => sum + run.added.length, 0),
    removed: runs.reduce((sum, run) => sum + run.removed.length, 0),
  }
}

/** Lines that are the same in both texts (then in `removed` alone), or those that stand in place of others. */
interface Run {
  same: boolean
  beforeAt: number
  afterAt: number
  removed: readonly string[]
  added: readonly string[]
}

function compareLines(before: readonly string[], after: readonly string[]): Run[] {
  const runs: Run[] = []
  let [beforeAt, afterAt] = [0, 0]
  const push = (run: { same: boolean; removed: readonly string[]; added: readonly string[] }): void => {
    if (run.removed.length + run.added.length > 0) runs.push({ ...run, beforeAt, afterAt })
    beforeAt += run.removed.length
    afterAt += run.same ? run.removed.length : run.added.length
  }
  const changes = diffArrays([...before], [...after], bounds)
  if (changes === undefined) {
    const { head, tail } = findShared(before, after)
    push({ same: true, removed: before.slice(0, head), added: [] })
    push({
      same: false,
      removed: before.slice(head, before.length - tail),
      added: after.slice(head, after.length - tail),
    })
    push({ same: true, removed: before.slice(before.length - tail), added: [] })
    return runs
  }
  let removed: readonly string[] = []
  let added: readonly string[] = []
  const flush = (): void => {
    push({ same: false, removed, added })
    removed = []
    added = []
  }
  for (const change of changes) {
    if (change.removed) removed = [...removed, ...change.value]
    else if (change.added) added = [...added, ...change.value]
    else {
      flush()
      push({ same: true, removed: change.value, added: [] })
    }
  }
  flush()
  return runs
}

/** How many lines both texts begin and end with. */
function findShared(before: readonly string[], after: readonly string[]): { head: number; tail: number } {
  const shorter = Math.min(before.length, after.length)
  let head = 0
  while (head < shorter && before[head] === after[head]) head++
  let tail = 0
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++
  return { head, tail }
}

/** Marks the changed words in lines that are alike; lines with no counterpart stay unmarked. */
function markWords(
  removed: readonly string[],
  added: readonly string[],
): { removed: readonly (readonly DiffPart[])[]; added: readonly (readonly DiffPart[])[] } {
  const removedParts = removed.map(plainParts)
  const addedParts = added.map(plainParts)
  if (removed.length * added.length > pairsMax) return { removed: removedParts, added: addedParts }
  let from = 0
  for (const [at, line] of removed.entries()) {
    for (let other = from; other < added.length; other++) {
      const marked = compareWords(line, added[other] ?? '')
      if (!marked) continue
      removedParts[at] = marked.removed
      addedParts[other] = marked.added
      from = other + 1
      break
    }
  }
  return { removed: removedParts, added: addedParts }
}

/** Two lines with their changed words marked; undefined when they are too unlike. */
function compareWords(
  before: string,
  after: string,
): { removed: readonly DiffPart[]; added: readonly DiffPart[] } | undefined {
  const changes = diffWordsWithSpace(before, after, bounds)
  if (changes === undefined) return undefined
  const kept = changes.reduce((sum, { added, removed, value }) => sum + (added || removed ? 0 : countInk(value)), 0)
  if (kept < likenessMin * Math.min(countInk(before), countInk(after))) return undefined
  const partsOf = (left: 'added' | 'removed'): readonly DiffPart[] =>
    changes.flatMap((change) => (change[left] ? [] : [{ text: change.value, marked: change.added || change.removed }]))
  return { removed: partsOf('added'), added: partsOf('removed') }
}

/** Letters without spaces: what makes two lines alike. */
function countInk(text: string): number {
  return text.replaceAll(/\s/g, '').length
}

function plainParts(text: string): readonly DiffPart[] {
  return [{ text, marked: false }]
}

function sameRow(text: string, before: number, after: number): DiffRow {
  return { kind: 'same', before, after, parts: plainParts(text) }
}

function splitLines(text: string): readonly string[] {
  return text === '' ? [] : text.split(/\r?\n/)
}

function countKind(rows: readonly DiffRow[], kind: DiffRow['kind']): number {
  return rows.filter((row) => row.kind === kind).length
}
