import type { ReactNode } from 'react'
import { drawPlate } from '../lib/plate.ts'

/** A window of 4 × 4 with rounded corners, at each of the nine places. */
const windows = [0, 1, 2].flatMap((row) =>
  [0, 1, 2].map(
    (column) =>
      `M${5.8 + column * 5} ${5 + row * 5}h2.4a.8.8 0 0 1 .8.8v2.4a.8.8 0 0 1-.8.8h-2.4a.8.8 0 0 1-.8-.8v-2.4a.8.8 0 0 1 .8-.8z`,
  ),
)
const dim = 0.32

/** A tenant's 3 × 3 window glyph, drawn from its id. Decoration beside its name; never beside a chart swatch. */
export function Plate(props: { tenantId: string; size?: 18 | 24 | 36 }): ReactNode {
  const { colour, lit } = drawPlate(props.tenantId)
  const size = props.size ?? 24
  return (
    <svg viewBox="0 0 24 24" width={size} height={size} aria-hidden="true" className="shrink-0" data-plate={colour}>
      <rect width="24" height="24" rx="5" className="plate-ground" />
      {/* One path for all that are alike: a list has a hundred plates. */}
      <path d={windows.filter((_, at) => lit[at]).join('')} className="plate-window" />
      <path d={windows.filter((_, at) => !lit[at]).join('')} className="plate-window" opacity={dim} />
    </svg>
  )
}
