/** Where something stands beside its anchor. */
export type Side = 'top' | 'right' | 'bottom' | 'left'

interface Size {
  width: number
  height: number
}

const gapPx = 6
const edgePx = 8

/**
 * Where a small box goes beside its anchor, in pixels of the window: on the wanted side in the middle, on the other one
 * where there is no room, and never over the window's edge.
 */
export function placeBeside(options: {
  anchor: Size & { left: number; top: number }
  size: Size
  room: Size
  side: Side
}): {
  left: number
  top: number
} {
  const { anchor, size, room, side } = options
  const beside = {
    top: anchor.top - gapPx - size.height,
    bottom: anchor.top + anchor.height + gapPx,
    left: anchor.left - gapPx - size.width,
    right: anchor.left + anchor.width + gapPx,
  }
  const fits = {
    top: beside.top >= edgePx,
    bottom: beside.bottom + size.height <= room.height - edgePx,
    left: beside.left >= edgePx,
    right: beside.right + size.width <= room.width - edgePx,
  }
  const opposite = { top: 'bottom', bottom: 'top', left: 'right', right: 'left' } as const
  const chosen = !fits[side] && fits[opposite[side]] ? opposite[side] : side
  const upright = chosen === 'top' || chosen === 'bottom'
  return {
    left: clamp({
      value: upright ? anchor.left + (anchor.width - size.width) / 2 : beside[chosen],
      max: room.width - edgePx - size.width,
    }),
    top: clamp({
      value: upright ? beside[chosen] : anchor.top + (anchor.height - size.height) / 2,
      max: room.height - edgePx - size.height,
    }),
  }
}

function clamp(options: { value: number; max: number }): number {
  return Math.round(Math.max(edgePx, Math.min(options.value, options.max)))
}
