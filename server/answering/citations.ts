import { createCodeFences } from './code-fences.ts'

/** Takes markers out of a streamed text that name no source, also when they are split over deltas. */
export interface CitationFilter {
  /** The part of the text so far that may be shown now. */
  push(text: string): string
  /** What was held back at the end. */
  end(): string
  /** The numbers of the sources that were named, in order of their first mention. */
  cited(): number[]
}

/** What may still become a marker; a space before it goes with it when it is removed. */
const openMarker = / ?\[\d{0,3}$/
const markers = /( ?)\[(\d{1,3})\]/g
const openEnd = /\[\d{0,3}$/
const openEndCharactersMax = 4

/**
 * Keeps `[n]` only for the given numbers. At most five characters are held back, and only while they may still become a
 * marker. What looks like a marker in a fenced block of code is code.
 */
export function createCitationFilter(numbers: Iterable<number>): CitationFilter {
  const known = new Set(numbers)
  const cited = new Set<number>()
  const fences = createCodeFences()
  let held = ''
  /** The end of what was cleaned before, in this line. */
  let before = ''

  function cleanPart(part: string): string {
    if (fences.go(part)) {
      before = ''
      return part
    }
    const seen = before + part
    const cleaned = !part.includes('[')
      ? part
      : part.replaceAll(markers, (marker, _space: string, digits: string, offset: number) => {
          const n = Number(digits)
          if (known.has(n)) {
            cited.add(n)
            return marker
          }
          // Removed without a trace, the inner marker of `[[9]9]` would leave a new one.
          const at = before.length + offset
          return openEnd.test(seen.slice(Math.max(0, at - openEndCharactersMax), at)) ? ' ' : ''
        })
    before = seen.slice(-openEndCharactersMax)
    return cleaned
  }

  function clean(text: string): string {
    if (!text.includes('\n')) return cleanPart(text)
    return text
      .split('\n')
      .map((line, at) => {
        if (at > 0) {
          fences.endLine()
          before = ''
        }
        return cleanPart(line)
      })
      .join('\n')
  }

  return {
    push(text) {
      const whole = held + text
      // Most texts hold no bracket at all, and then there is nothing to hold back.
      const open = whole.includes('[') ? openMarker.exec(whole) : null
      held = open ? whole.slice(open.index) : ''
      return clean(open ? whole.slice(0, open.index) : whole)
    },
    end() {
      const rest = held
      held = ''
      return rest
    },
    cited: () => [...cited],
  }
}
