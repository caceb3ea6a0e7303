/** The six colours a plate can have, by token name. */
export const plateColours = ['chart-1', 'chart-2', 'chart-3', 'chart-4', 'chart-5', 'ink-3'] as const

/** A 3 × 3 window glyph. */
export interface Plate {
  colour: (typeof plateColours)[number]
  /** Nine windows, row by row: true is lit. */
  lit: readonly boolean[]
}

/**
 * Draws a tenant’s plate from its id: the same on every page, server and day. Left and right mirror each other like a
 * house front; three to seven windows are lit, so that no plate is blank or full.
 */
export function drawPlate(tenantId: string): Plate {
  const hash = hashText(tenantId)
  const colour = plateColours[hash % plateColours.length] ?? 'chart-1'
  for (let turn = 0; ; turn++) {
    const bits = (hash >>> 5) + turn
    const lit = [0, 1, 2].flatMap((row) => {
      const side = (bits >>> (row * 2)) % 2 === 1
      return [side, (bits >>> (row * 2 + 1)) % 2 === 1, side]
    })
    const count = lit.filter(Boolean).length
    if (count >= 3 && count <= 7) return { colour, lit }
  }
}

/** FNV-1a over UTF-16 with a final mix, 32 bits: ids that differ in one letter share nothing. */
export function hashText(text: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  value = Math.imul(value ^ (value >>> 16), 0x2c1b3c6d)
  value = Math.imul(value ^ (value >>> 12), 0x297a2d39)
  return (value ^ (value >>> 15)) >>> 0
}
