import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { ask, type Api } from '../../api/client.ts'
import type { PeopleState, UserKind } from './people.view.ts'

const pageRows = 50

/** What the list of users is narrowed to. */
export type PeopleWanted = Pick<PeopleState, 'q' | 'kind' | 'state' | 'sort'>

const kindFilters: Record<UserKind, { is_superuser?: true; is_owner?: true; unassigned?: boolean }> = {
  all: {},
  superusers: { is_superuser: true },
  owners: { is_owner: true },
  assigned: { unassigned: false },
  unassigned: { unassigned: true },
}

const stateFilters: Record<PeopleState['state'], { is_active?: boolean; is_verified?: boolean }> = {
  any: {},
  active: { is_active: true },
  off: { is_active: false },
  unverified: { is_verified: false },
}

/** Platform users, page by page; the first page says how many there are on all of them. */
export function getPeopleQueryOptions(api: Api, wanted: PeopleWanted) {
  const q = wanted.q.trim() || undefined
  const filters = { ...kindFilters[wanted.kind], ...stateFilters[wanted.state] }
  return infiniteQueryOptions({
    queryKey: ['users', 'list', { q, ...filters, sort: wanted.sort }],
    queryFn: ({ signal, pageParam }) =>
      ask(
        api.server.admin.users.get({
          query: {
            q,
            ...filters,
            sort: wanted.sort,
            limit: pageRows,
            cursor: pageParam || undefined,
            include: pageParam ? undefined : 'total',
          },
          fetch: { signal },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    staleTime: 15_000,
  })
}

/** How many platform users there are of each kind. */
export function getPeopleCountsQueryOptions(api: Api) {
  return queryOptions({
    queryKey: ['users', 'counts'],
    queryFn: ({ signal }) => ask(api.server.admin.users.counts.get({ fetch: { signal } })),
    staleTime: 15_000,
  })
}

/** One platform user, such as one of a copied link that is on no page loaded. */
export function getPersonQueryOptions(options: { api: Api; id: string; enabled: boolean }) {
  const { api, id, enabled } = options
  return queryOptions({
    queryKey: ['users', 'one', id],
    queryFn: ({ signal }) => ask(api.server.admin.users({ id }).get({ fetch: { signal } })),
    staleTime: 15_000,
    enabled,
  })
}

/** How many tenants somebody owns: they lose their owner with the account. */
export function getOwnedTenantsQueryOptions(api: Api, id: string) {
  return queryOptions({
    queryKey: ['users', 'owned', id],
    queryFn: ({ signal }) =>
      ask(api.server.admin.tenants.get({ query: { owner_id: id, limit: 1, include: 'total' }, fetch: { signal } })),
    select: ({ total }) => total ?? 0,
    staleTime: 0,
  })
}
