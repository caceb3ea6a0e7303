import type { ReactNode } from 'react'
import { formatCount, formatPlural } from '../lib/numbers.ts'
import { useCommandList } from '../ui/commands.tsx'
import { TableFoot } from '../ui/table-foot.tsx'
import { ProblemPanel } from './problem-panel.tsx'

const keys = [
  { keys: ['J', 'K'], name: 'move' },
  { keys: ['Enter'], name: 'open' },
  { keys: ['/'], name: 'search' },
] as const

/** What stands below a list that loads page by page: why the next page did not come, how much is shown, its keys. */
export function ListEnd(props: {
  /** Begins the sentence of a failure: “The next users” did not load. */
  what: string
  /** One of the rows: “user”. */
  unit: string
  rows: number
  /** The rows on all pages, once it is known. */
  total: number | undefined
  pages: { error: unknown; isFetchNextPageError: boolean; fetchNextPage: () => Promise<unknown> }
}): ReactNode {
  const { rows, total, pages } = props
  // A list without a search has no key for it.
  const working = new Set(useCommandList().map((command) => command.keys))
  return (
    <>
      {pages.isFetchNextPageError && (
        <ProblemPanel what={props.what} thrown={pages.error} onTryAgain={() => pages.fetchNextPage()} />
      )}
      <TableFoot keys={keys.filter((hint) => hint.keys.every((key) => working.has(key)))}>
        {total === undefined || total === rows
          ? formatPlural(rows, props.unit)
          : `Rows 1–${formatCount(rows)} of ${formatCount(total)}`}
      </TableFoot>
    </>
  )
}
