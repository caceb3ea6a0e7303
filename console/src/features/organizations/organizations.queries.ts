import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query'
import { ask, type Api } from '../../api/client.ts'

const pageRows = 50
const askEveryMs = 15_000
/** While a database is being made, its state is worth a second look sooner. */
const askSoonMs = 2_000

/** An organization as its owner's list shows it, with its usage. */
export type ListedOrganization = Awaited<ReturnType<typeof askOrganizations>>['items'][number]

/** One's own organizations with usage, page by page; the first page says how many there are and may be. */
export function getOrganizationsQueryOptions(options: { api: Api; sort: string }) {
  const { api, sort } = options
  return infiniteQueryOptions({
    queryKey: ['organizations', 'list', { sort }],
    queryFn: ({ signal, pageParam }) =>
      askOrganizations({
        api,
        signal,
        query: { sort, limit: pageRows, cursor: pageParam || undefined, include: pageParam ? 'usage' : 'usage,total' },
      }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    staleTime: askEveryMs / 2,
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ items }) => items.some((one) => one.state === 'provisioning')) ? askSoonMs : askEveryMs,
  })
}

interface OrganizationsQuery {
  sort: string
  limit: number
  cursor?: string
  include: string
}

function askOrganizations(options: { api: Api; query: OrganizationsQuery; signal: AbortSignal }) {
  const { api, query, signal } = options
  return ask(api.server.organizations.get({ query, fetch: { signal } }))
}
