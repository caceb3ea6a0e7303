import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useApi } from '../../api/api-context.ts'
import { ask } from '../../api/client.ts'
import { getDomainsQueryOptions, type Domain } from '../../panels/domains.queries.ts'

/** Adds an origin to a tenant; it stands in the list at once. */
export function useAddDomain(tenantId: string) {
  const api = useApi()
  const show = useShowDomain(tenantId)
  return useMutation({
    mutationFn: (origin: string) => ask(api.server.admin.tenants({ id: tenantId }).domains.post({ origin })),
    onSuccess: show,
  })
}

/** Looks for the record of a pending domain and puts it into effect. */
export function useVerifyDomain(options: { tenantId: string; domain: string }) {
  const api = useApi()
  const { tenantId, domain } = options
  const show = useShowDomain(tenantId)
  return useMutation({
    mutationFn: () => ask(api.server.admin.tenants({ id: tenantId }).domains({ domain }).verify.post()),
    onSuccess: show,
  })
}

/** Takes a domain from a tenant. */
export function useRemoveDomain(options: { tenantId: string; domain: string }) {
  const api = useApi()
  const queryClient = useQueryClient()
  const { tenantId, domain } = options
  const { queryKey } = getDomainsQueryOptions(api, tenantId)
  return useMutation({
    mutationFn: () => ask(api.server.admin.tenants({ id: tenantId }).domains({ domain }).delete()),
    onSuccess: () =>
      queryClient.setQueryData(queryKey, (domains) => domains?.filter((other) => other.domain !== domain)),
    onSettled: () => queryClient.invalidateQueries({ queryKey }),
  })
}

function useShowDomain(tenantId: string) {
  const queryClient = useQueryClient()
  const { queryKey } = getDomainsQueryOptions(useApi(), tenantId)
  return (changed: Domain): void => {
    queryClient.setQueryData(queryKey, (domains: Domain[] = []) =>
      domains.some(({ domain }) => domain === changed.domain)
        ? domains.map((domain) => (domain.domain === changed.domain ? changed : domain))
        : [...domains, changed],
    )
  }
}
