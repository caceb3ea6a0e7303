import { queryOptions } from '@tanstack/react-query'
import { ask, type Api } from '../api/client.ts'

/** An origin of a tenant's frontend, pending until it is proven. */
export type Domain = Awaited<ReturnType<typeof askDomains>>['items'][number]

/** The origins of a tenant's frontends, oldest first; all of them, as a tenant has few. */
export function getDomainsQueryOptions(api: Api, tenantId: string) {
  return queryOptions({
    queryKey: ['tenant', tenantId, 'domains'],
    queryFn: async ({ signal }) => (await askDomains({ api, tenantId, signal })).items,
    staleTime: 15_000,
  })
}

function askDomains(options: { api: Api; tenantId: string; signal: AbortSignal }) {
  const { api, tenantId, signal } = options
  return ask(api.server.admin.tenants({ id: tenantId }).domains.get({ fetch: { signal } }))
}
