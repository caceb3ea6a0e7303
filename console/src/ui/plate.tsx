import type { ReactNode } from 'react'
import { drawPlate } from '../lib/plate.ts'

const cells = [0, 1, 2].flatMap((row) => [0, 1, 2].map((column) => ({ x: 5 + column * 5, y: 5 + row * 5 })))
const dim = 0.32

/** A tenant's 3 × 3 window glyph, drawn from its id. Decoration beside its name; never beside a chart swatch. */
export function Plate(props: { tenantId: string; size?: 18 | 24 | 36 }): ReactNode {
  const { colour, lit } = drawPlate(props.tenantId)
  const size = props.size ?? 24
  return (
    <svg viewBox="0 0 24 24" width={size} height={size} aria-hidden="true" className="shrink-0" data-plate={colour}>
      <rect width="24" height="24" rx="5" className="plate-ground" />
      {cells.map(({ x, y }, at) => (
        <rect
          key={`${x}:${y}`}
          x={x}
          y={y}
          width="4"
          height="4"
          rx=".8"
          className="plate-window"
          opacity={lit[at] ? 1 : dim}
        />
      ))}
    </svg>
  )
}
