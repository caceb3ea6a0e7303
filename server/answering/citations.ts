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

/**
 * Keeps `[n]` only for the given numbers. At most five characters are held back, and only while they may still become a
 * marker.
 */
export function createCitationFilter(numbers: Iterable<number>): CitationFilter {
  const known = new Set(numbers)
  const cited = new Set<number>()
  let held = ''

  const clean = (text: string): string =>
    text.replaceAll(markers, (marker, _space: string, digits: string) => {
      const n = Number(digits)
      if (!known.has(n)) return ''
      cited.add(n)
      return marker
    })

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
