import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { ask, type Api } from '../../api/client.ts'

const foundMax = 6

/** Tenants that a search finds by name, id or domain, all for superusers and their own for owners; the last answer stays while the next one comes. */
export function getTenantSearchQueryOptions(options: {
  api: Api
  search: string
  isSuperuser: boolean
  enabled: boolean
}) {
  const { api, search, isSuperuser, enabled } = options
  return queryOptions({
    queryKey: ['tenants', 'search', search],
    queryFn: ({ signal }) => {
      const call = { query: { q: search || undefined, limit: foundMax }, fetch: { signal } }
      return isSuperuser ? ask(api.server.admin.tenants.get(call)) : ask(api.server.organizations.get(call))
    },
    select: ({ items }) => items.map(({ id, name }) => ({ id, name })),
    placeholderData: keepPreviousData,
    staleTime: 15_000,
    enabled,
  })
}
