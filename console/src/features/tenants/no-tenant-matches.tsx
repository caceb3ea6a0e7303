import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { Button } from '../../ui/button.tsx'
import { NoMatch } from '../../ui/empty-state.tsx'
import { getNearestTenantQueryOptions } from './tenants.queries.ts'

/** What stands in place of the list when nothing matches: the nearest tenant there is, and the way back to all. */
export function NoTenantMatches(props: {
  search: string
  /** The chosen state's name, when one is chosen. */
  state: string | undefined
  /** Whether filters are set besides. */
  filtered: boolean
  onSearch: (q: string) => void
  onClear: () => void
}): ReactNode {
  const { search, state, filtered } = props
  const nearest = useQuery(getNearestTenantQueryOptions(useApi(), search)).data
  return (
    <NoMatch
      title={search === '' ? describeEmptyState({ state, filtered }) : `Nothing matches “${search}”`}
      actions={
        <Button onClick={props.onClear}>
          {search === '' ? 'Show all tenants' : filtered ? 'Clear search and filters' : 'Clear the search'}
        </Button>
      }
    >
      {search !== '' && (
        <>
          {state !== undefined && `Only “${state}” was searched. `}
          {nearest && (
            <>
              Did you mean{' '}
              <Button kind="text" size="small" className="h-auto!" onClick={() => props.onSearch(nearest.id)}>
                {nearest.name}
              </Button>
              ?
            </>
          )}
        </>
      )}
    </NoMatch>
  )
}

function describeEmptyState(options: { state: string | undefined; filtered: boolean }): string {
  const { state, filtered } = options
  if (filtered) return 'No tenant is like this'
  if (state === 'Needs attention') return 'No tenant needs attention'
  return `No tenant is ${state === undefined ? 'here' : state.toLowerCase()}`
}
