import type { ReactNode } from 'react'
import { Awaited } from '../ui/bone.tsx'
import { ProblemPanel } from './problem-panel.tsx'

/** What is read of a query of TanStack Query. */
export interface PanelQuery<Data> {
  data: Data | undefined
  error: unknown
  isPending: boolean
  refetch: () => Promise<unknown>
}

/**
 * A panel made of one query: its skeleton, its failure or its data. Old data stays while new comes, and also when that
 * fails. `<QueryPanel what="Usage" query={usage} skeleton={<TableSkeleton />}>{(data) => …}</QueryPanel>`.
 */
export function QueryPanel<Data>(props: {
  /** Begins the sentence of a failure: “Usage” did not load. */
  what: string
  query: PanelQuery<Data>
  skeleton: ReactNode
  children: (data: Data) => ReactNode
}): ReactNode {
  const { query, what } = props
  return (
    <Awaited pending={query.isPending} what={what.toLowerCase()} skeleton={props.skeleton}>
      {query.data === undefined ? (
        <ProblemPanel what={what} thrown={query.error} onTryAgain={() => query.refetch()} />
      ) : (
        props.children(query.data)
      )}
    </Awaited>
  )
}
