/** How much of a text that grows may be kept. */
export interface TextBound {
  /** A text of so many characters fits whatever they are. */
  charactersSurelyFitting: number
  fits: (text: string, more: string) => boolean
  /** The beginning of `more` that still fits; never half a character. */
  cut: (text: string, more: string) => string
}

const bytesPerUtf16UnitMax = 3

/** Bounds a growing text in bytes at the price of one comparison a piece: bytes are counted only near the bound. */
export function createTextBound(bytesMax: number): TextBound {
  const bound = {
    charactersSurelyFitting: Math.floor(bytesMax / bytesPerUtf16UnitMax),
    fits(text: string, more: string): boolean {
      const room = bytesMax - Buffer.byteLength(text) - Buffer.byteLength(more)
      if (room < 0) return false
      // Each count takes the room down to two thirds at least, so there are few.
      bound.charactersSurelyFitting = text.length + more.length + Math.floor(room / bytesPerUtf16UnitMax)
      return true
    },
    cut(text: string, more: string): string {
      const room = Math.max(0, bytesMax - Buffer.byteLength(text))
      return more.slice(0, new TextEncoder().encodeInto(more, new Uint8Array(room)).read)
    },
  }
  return bound
}

/** PostgreSQL stores neither NUL nor lone surrogates, and a client could not decode them. */
export function makeStorable(text: string): string {
  const whole = text.includes('\u0000') ? text.replaceAll('\u0000', '') : text
  return whole.isWellFormed() ? whole : whole.toWellFormed()
}
