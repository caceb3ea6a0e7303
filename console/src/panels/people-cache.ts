import type { QueryClient } from '@tanstack/react-query'
import type { User } from '../api/client.ts'
import { optimistically } from '../api/mutate.ts'

/** What is cached of platform users: pages of a list, one page, or a single one. */
type Cached = PagedRows<User> | { items: User[] } | User | null

/** What a mutation changes of one platform user. */
export interface UserChange {
  id: string
  changes: Partial<User>
}

/** The handlers of a mutation that shows a changed platform user at once wherever it is listed. */
export function showUserChange<Variables>(options: {
  queryClient: QueryClient
  describe: (variables: Variables) => UserChange
}) {
  const { queryClient, describe } = options
  const handlers = optimistically<Cached, Variables>({
    queryClient,
    keys: [
      ['users', 'list'],
      ['users', 'one'],
    ],
    apply: (cached, variables) => applyUserChange(cached, describe(variables)),
  })
  return {
    ...handlers,
    onSettled: async () => {
      await Promise.all([handlers.onSettled(), queryClient.invalidateQueries({ queryKey: ['users', 'counts'] })])
    },
  }
}

/** Changes a user wherever it is in what is cached. */
export function applyUserChange(cached: Cached, { id, changes }: UserChange): Cached {
  const change = (user: User): User => (user.id === id ? { ...user, ...changes } : user)
  if (cached === null) return cached
  if ('pages' in cached) return changeRows(cached, change)
  return 'items' in cached ? { ...cached, items: cached.items.map(change) } : change(cached)
}

/** A list that was read page by page, as far as its rows are concerned. */
export interface PagedRows<Row> {
  pages: { items: Row[] }[]
}

/** Changes rows of a list that was read page by page; all else of it stays. */
export function changeRows<Row>(cached: PagedRows<Row>, change: (row: Row) => Row): PagedRows<Row> {
  return { ...cached, pages: cached.pages.map((page) => ({ ...page, items: page.items.map(change) })) }
}
