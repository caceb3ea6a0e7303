import type { ReactNode } from 'react'

/** A house of the street: where its left edge stands, how many columns and rows of windows it has. */
interface House {
  left: number
  columns: number
  rows: number
}

const street: readonly House[] = [
  { left: 0, columns: 7, rows: 17 },
  { left: 222, columns: 8, rows: 23 },
  { left: 471, columns: 6, rows: 14 },
  { left: 665, columns: 7, rows: 20 },
]
const [width, height] = [880, 900]
const pane = { width: 14, height: 20, columnStep: 27.6, rowStep: 36.2 }
const litCopper = new Set(['0:0:2', '1:5:2', '1:17:2', '2:7:1'])

/** A street of houses at night, always the same: windows are lit by a hash of where they are. Decoration only. */
export function Skyline(): ReactNode {
  return (
    // The street is night in both themes, so it takes the dark values of the tokens.
    <div data-theme="dark" aria-hidden="true" className="skyline-night h-full w-full overflow-hidden">
      <svg
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="xMinYMax slice"
        className="block h-full w-full phone:h-auto phone:min-h-full"
      >
        {street.map((house, index) => (
          <House key={house.left} house={house} index={index} />
        ))}
      </svg>
    </div>
  )
}

function House({ house, index }: { house: House; index: number }): ReactNode {
  const houseWidth = house.columns * pane.columnStep + 22
  const top = height - house.rows * pane.rowStep - 8
  const windows = Array.from({ length: house.rows * house.columns }, (_, at) => {
    const [row, column] = [Math.floor(at / house.columns), at % house.columns]
    const [x, y] = [house.left + 14 + column * pane.columnStep, top + 19 + row * pane.rowStep]
    return { light: chooseLight({ house: index, row, column }), outline: drawPane({ x, y }) }
  })
  return (
    <>
      <rect className="skyline-house" x={house.left} y={top} width={houseWidth} height={height - top} />
      {/* One path a light: a street has some five hundred windows. */}
      {lights.map((light) => (
        <path
          key={light}
          className={light}
          d={windows
            .filter((one) => one.light === light)
            .map(({ outline }) => outline)
            .join('')}
        />
      ))}
    </>
  )
}

const lights = ['skyline-dark', 'skyline-dim', 'skyline-lit', 'skyline-bright', 'fill-copper'] as const

/** A window with corners rounded by 1.5. */
function drawPane({ x, y }: { x: number; y: number }): string {
  const [across, down] = [pane.width - 3, pane.height - 3]
  return `M${(x + 1.5).toFixed(1)} ${y.toFixed(1)}h${across}a1.5 1.5 0 0 1 1.5 1.5v${down}a1.5 1.5 0 0 1-1.5 1.5h-${across}a1.5 1.5 0 0 1-1.5-1.5v-${down}a1.5 1.5 0 0 1 1.5-1.5z`
}

function chooseLight(place: { house: number; row: number; column: number }): (typeof lights)[number] {
  const name = `${place.house}:${place.row}:${place.column}`
  if (litCopper.has(name)) return 'fill-copper'
  const chance = hash(name) % 100
  if (chance >= 19) return 'skyline-dark'
  if (chance >= 13) return 'skyline-dim'
  return chance >= 5 ? 'skyline-lit' : 'skyline-bright'
}

/** FNV-1a with a final mix, so that neighbours differ. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193)
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d)
  return (value ^ (value >>> 13)) >>> 0
}
