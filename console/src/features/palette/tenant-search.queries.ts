import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { ask, type Api } from '../../api/client.ts'

const foundMax = 6

/** Tenants that a search finds by name, id or domain, for superusers; the last answer stays while the next one comes. */
export function getTenantSearchQueryOptions(options: { api: Api; search: string; enabled: boolean }) {
  const { api, search, enabled } = options
  return queryOptions({
    queryKey: ['tenants', 'search', search],
    queryFn: ({ signal }) =>
      ask(api.server.admin.tenants.get({ query: { q: search || undefined, limit: foundMax }, fetch: { signal } })),
    select: (page) => page.items.map(({ id, name }) => ({ id, name })),
    placeholderData: keepPreviousData,
    staleTime: 15_000,
    enabled,
  })
}
