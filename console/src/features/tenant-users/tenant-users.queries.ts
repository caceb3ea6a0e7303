import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { ask, type Api } from '../../api/client.ts'
import type { TenantUsersState } from './tenant-users.view.ts'

const pageRows = 50

/** A user of a tenant, its own or one that stands for a platform user. */
export type TenantUser = Awaited<ReturnType<typeof askUsers>>['items'][number]

/** What the list is narrowed to. */
export type TenantUsersWanted = Pick<TenantUsersState, 'q' | 'kind' | 'state' | 'sort'>

/** A tenant's users, page by page; the first page says how many there are on all of them. */
export function getTenantUsersQueryOptions(options: { api: Api; tenantId: string; wanted: TenantUsersWanted }) {
  const { api, tenantId, wanted } = options
  const filters = {
    q: wanted.q.trim() || undefined,
    kind: wanted.kind === 'both' ? undefined : wanted.kind,
    is_active: wanted.state === 'any' ? undefined : wanted.state === 'on',
    sort: wanted.sort,
  }
  return infiniteQueryOptions({
    queryKey: ['tenant', tenantId, 'users', 'list', filters],
    queryFn: ({ signal, pageParam }) =>
      askUsers({
        api,
        tenantId,
        signal,
        query: {
          ...filters,
          limit: pageRows,
          cursor: pageParam || undefined,
          include: pageParam ? undefined : 'total',
        },
      }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    staleTime: 15_000,
  })
}

/** Who is signed in; the same entry of the cache as everywhere. */
export function getMeQueryOptions(api: Api) {
  return queryOptions({ queryKey: ['me'], queryFn: () => api.getMe(), staleTime: 30_000 })
}

type UsersQuery = NonNullable<Parameters<ReturnType<Api['server']['admin']['tenants']>['users']['get']>[0]>['query']

function askUsers(options: { api: Api; tenantId: string; query: UsersQuery; signal: AbortSignal }) {
  const { api, tenantId, query, signal } = options
  return ask(api.server.admin.tenants({ id: tenantId }).users.get({ query, fetch: { signal } }))
}
