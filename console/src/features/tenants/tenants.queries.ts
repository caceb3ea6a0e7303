import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { ask, type Api } from '../../api/client.ts'
import { rankByLikeness } from './rank-by-likeness.ts'
import { noModel, type TenantsState } from './tenants.view.ts'

const pageRows = 50
const suggestionsMax = 20
const dayMs = 86_400_000

/** A tenant as a list shows it, with its usage. */
export type ListedTenant = Awaited<ReturnType<typeof askTenants>>['items'][number]

/** What the list of tenants is narrowed to. */
export type TenantsWanted = Pick<TenantsState, 'q' | 'state' | 'model' | 'from' | 'to' | 'sort'>

/** Tenants with usage, page by page; the first page says how many there are on all of them. */
export function getTenantsQueryOptions(api: Api, wanted: TenantsWanted) {
  const q = wanted.q.trim() || undefined
  const filters = {
    q,
    state: wanted.state === 'all' ? undefined : wanted.state,
    model: wanted.model === noModel ? '' : wanted.model,
    created_from: wanted.from,
    created_to: wanted.to && new Date(Date.parse(wanted.to) + dayMs).toISOString(),
  }
  return infiniteQueryOptions({
    queryKey: ['tenants', 'list', { ...filters, sort: wanted.sort }],
    queryFn: ({ signal, pageParam }) =>
      askTenants({
        api,
        signal,
        query: {
          ...filters,
          sort: wanted.sort,
          limit: pageRows,
          cursor: pageParam || undefined,
          include: pageParam ? 'usage' : 'usage,total',
        },
      }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    staleTime: 15_000,
  })
}

/** How many tenants there are in each state. */
export function getTenantCountsQueryOptions(api: Api) {
  return queryOptions({
    queryKey: ['tenants', 'counts'],
    queryFn: ({ signal }) => ask(api.server.admin.tenants.counts.get({ fetch: { signal } })),
    staleTime: 15_000,
  })
}

/** The tenant whose id or name is most like a search that found nothing; null when none begins alike. */
export function getNearestTenantQueryOptions(api: Api, search: string) {
  const start = search.trim().slice(0, 3)
  return queryOptions({
    queryKey: ['tenants', 'nearest', search],
    queryFn: async ({ signal }) => {
      const query = { q: start, sort: '-requests', limit: suggestionsMax }
      const { items } = await askTenants({ api, query, signal })
      return rankByLikeness({ search, tenants: items })[0] ?? null
    },
    enabled: search.trim().length > start.length,
    staleTime: 60_000,
  })
}

/** What the tabs of a tenant count: its users, its newest prompt, the connections that fail now. */
export function getTenantTabCountsQueryOptions(api: Api, id: string) {
  return queryOptions({
    queryKey: ['tenant', id, 'counts'],
    queryFn: ({ signal }) => ask(api.server.admin.tenants({ id }).counts.get({ fetch: { signal } })),
    staleTime: 15_000,
    refetchInterval: 60_000,
  })
}

const usersCountedMax = 200
/** Before any usage there can be, so that all of it is counted. */
const ledgerStart = '2020-01-01T00:00:00Z'

/** What a purge of this tenant would destroy, counted now. */
export function getPurgeLossesQueryOptions(api: Api, id: string) {
  return queryOptions({
    queryKey: ['tenant', id, 'losses'],
    queryFn: async ({ signal }) => {
      const of = api.server.admin.tenants({ id })
      const [users, prompts, usage] = await Promise.all([
        ask(of.users.get({ query: { limit: usersCountedMax }, fetch: { signal } })),
        ask(of.prompts.get({ query: { limit: 1 }, fetch: { signal } })),
        ask(of.usage.get({ query: { from: ledgerStart, bucket: 'month' }, fetch: { signal } })),
      ])
      return {
        users: users.items.length,
        moreUsers: users.next_cursor !== null,
        promptVersions: prompts.items[0]?.version ?? 0,
        requests: typeof usage === 'string' ? undefined : usage.items.reduce((sum, { requests }) => sum + requests, 0),
      }
    },
    staleTime: 0,
  })
}

interface TenantsQuery {
  q?: string
  state?: Exclude<TenantsState['state'], 'all'>
  model?: string
  created_from?: string
  created_to?: string
  sort: string
  limit: number
  cursor?: string
  include?: string
}

function askTenants(options: { api: Api; query: TenantsQuery; signal: AbortSignal }) {
  const { api, query, signal } = options
  return ask(api.server.admin.tenants.get({ query, fetch: { signal } }))
}
