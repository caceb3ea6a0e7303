/** How a table is sorted: a column and a direction; written `-requests` or `name` in an address. */
export interface Sort {
  key: string
  descending: boolean
}

/** Reads `-requests` or `name`. */
export function parseSort(text: string): Sort {
  return text.startsWith('-') ? { key: text.slice(1), descending: true } : { key: text, descending: false }
}

/** Writes `-requests` or `name`, as lists of the API and addresses take it. */
export function writeSort({ key, descending }: Sort): string {
  return descending ? `-${key}` : key
}

/** Rows in the order of a value each; null and undefined (“no data”) come last either way. Stable. */
export function sortRows<Row>(options: {
  rows: readonly Row[]
  valueOf: (row: Row) => number | string | null | undefined
  descending: boolean
}): readonly Row[] {
  const { rows, valueOf, descending } = options
  const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })
  return rows.toSorted((one, other) => {
    const [a, b] = [valueOf(one), valueOf(other)]
    if (a === null || a === undefined) return b === null || b === undefined ? 0 : 1
    if (b === null || b === undefined) return -1
    const order = typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(String(a), String(b))
    return descending ? -order : order
  })
}
