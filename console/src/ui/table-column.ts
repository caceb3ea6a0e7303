import type { ReactNode } from 'react'

/** A column: its head, its cells, its width and whether it sorts. */
export interface Column<Row> {
  key: string
  head: string
  cell: (row: Row) => ReactNode
  /** Any CSS width; columns without one share the rest. */
  width?: string
  /** `end` for numbers. */
  align?: 'start' | 'end'
  /** The direction it sorts in first; without it the head is no button. */
  sorts?: 'ascending' | 'descending'
}
