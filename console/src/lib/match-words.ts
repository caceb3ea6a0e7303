/** A part of a text and whether it was searched for. */
export interface MatchedPart {
  text: string
  matched: boolean
}

/** The words of a search, lower case; empty when nothing was typed. */
export function splitWords(search: string): readonly string[] {
  return search.toLowerCase().split(/\s+/).filter(Boolean)
}

/** Whether every word of a search stands somewhere in a text: “kep pro” finds “Kepler Health / Prompt”. */
export function matchesWords(text: string, search: string): boolean {
  const lower = text.toLowerCase()
  return splitWords(search).every((word) => lower.includes(word))
}

/** How well a text matches, higher is better: words at the start of words count more, short texts before long ones. */
export function rankMatch(text: string, search: string): number {
  const lower = text.toLowerCase()
  const starts = splitWords(search).filter((word) => new RegExp(`(^|[^\\p{L}\\p{N}])${escape(word)}`, 'u').test(lower))
  return starts.length * 1000 - text.length
}

/** Cuts a text into parts that were searched for and parts that were not, for emphasis. */
export function markWords(text: string, search: string): readonly MatchedPart[] {
  const words = splitWords(search)
  if (words.length === 0) return [{ text, matched: false }]
  const pattern = new RegExp(`(${words.map(escape).join('|')})`, 'giu')
  return text
    .split(pattern)
    .map((part, at) => ({ text: part, matched: at % 2 === 1 }))
    .filter((part) => part.text !== '')
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&').replaceAll('\\-', '-')
}
