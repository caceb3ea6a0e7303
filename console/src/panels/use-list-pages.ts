import { useMemo } from 'react'
import type { ListProps } from '../ui/list-table.tsx'

/** What is read of an infinite query of TanStack Query whose pages have `items`. */
export interface ListPages<Row> {
  data: { pages: readonly { items: readonly Row[] }[] } | undefined
  isFetching: boolean
  isPlaceholderData: boolean
  hasNextPage: boolean
  isFetchNextPageError: boolean
  fetchNextPage: () => Promise<unknown>
}

/**
 * The rows read so far, for a list's table, and how it reads on: ahead of its end, a page at a time, and not past one
 * that failed, which is asked for by hand.
 */
export function useListPages<Row>(query: ListPages<Row>): Pick<ListProps<Row>, 'rows' | 'stale' | 'onEndNear'> {
  const { data, fetchNextPage } = query
  const mayFetch = query.hasNextPage && !query.isFetching && !query.isFetchNextPageError
  return {
    rows: useMemo(() => data?.pages.flatMap(({ items }) => items) ?? [], [data]),
    stale: query.isPlaceholderData,
    onEndNear: mayFetch ? () => void fetchNextPage() : undefined,
  }
}
