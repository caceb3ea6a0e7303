import type { ReactNode } from 'react'
import { parseSort } from '../lib/sort-rows.ts'
import { Table, type TableProps } from './table.tsx'

/** What a page tells the list that it reads page by page. */
export interface ListProps<Row> extends Pick<TableProps<Row>, 'rows' | 'onSort' | 'stale'> {
  /** The rows in all; undefined while that is not known. */
  total: number | undefined
  /** As addresses have it: `-created_at`. */
  sort: string
  onEndNear: (() => void) | undefined
}

/** The one main list of a page, whose rows have ids: a table, or two-line rows on a phone. */
export function ListTable<Row extends { id: string }>(
  props: ListProps<Row> & Pick<TableProps<Row>, 'label' | 'columns' | 'phoneRow'>,
): ReactNode {
  const { total, sort, ...rest } = props
  return <Table {...rest} rowsTotal={total} sort={parseSort(sort)} keyOf={({ id }) => id} keys />
}
