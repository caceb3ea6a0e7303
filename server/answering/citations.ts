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
 * marker.
 */
export function createCitationFilter(numbers: Iterable<number>): CitationFilter {
  const known = new Set(numbers)
  const cited = new Set<number>()
  let held = ''
  /** The end of what was cleaned before. */
  let before = ''

  function clean(text: string): string {
    const seen = before + text
    const cleaned = text.replaceAll(markers, (marker, _space: string, digits: string, offset: number) => {
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

  return {
    push(text) {
      const whole = held + text
      // Most texts hold no bracket at all, and then there is nothing to hold back.
      if (!whole.includes('[')) {
        held = ''
        return whole
      }
      const open = openMarker.exec(whole)
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
