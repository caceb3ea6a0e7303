/** The middle of some figures; 0 of none. */
export function median(figures: number[]): number {
  return quantile(figures, 0.5)
}

/** The figure below which the given part of them lies (nearest rank); 0 of none. */
export function quantile(figures: number[], part: number): number {
  const sorted = figures.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(part * sorted.length) - 1))] ?? 0
}

/** The sum of some figures. */
export function sum(figures: number[]): number {
  return figures.reduce((total, figure) => total + figure, 0)
}

/** One line of the report: a figure beside what it should be. */
export interface Figure {
  name: string
  value: string
  aim?: string
  reached?: boolean
  note?: string
}

/** A figure with a bound, and whether it holds. */
export function bounded(
  name: string,
  value: number,
  bound: { max?: number; min?: number; digits?: number; unit?: string; note?: string },
): Figure {
  const { max, min, digits = 2, unit = '', note } = bound
  const show = (figure: number): string => `${figure.toFixed(digits)}${unit && ` ${unit}`}`
  return {
    name,
    value: show(value),
    aim: max === undefined ? `≥ ${show(min ?? 0)}` : `≤ ${show(max)}`,
    reached: max === undefined ? value >= (min ?? 0) : value <= max,
    note,
  }
}

/** Prints aligned columns under a heading. */
export function printTable(heading: string, header: string[], rows: string[][]): void {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: string[]): string =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd()
  const lines = ['', heading, line(header), line(widths.map((width) => '─'.repeat(width))), ...rows.map(line)]
  console.log(lines.join('\n'))
}

/** Prints figures with their aims, and whether each was reached. */
export function printFigures(heading: string, figures: Figure[]): void {
  printTable(
    heading,
    ['figure', 'value', 'aim', 'reached', ''],
    figures.map(({ name, value, aim, reached, note }) => [
      name,
      value,
      aim ?? '–',
      reached === undefined ? '–' : reached ? 'yes' : 'NO',
      note ?? '',
    ]),
  )
}
