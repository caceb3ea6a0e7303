import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { useApi } from '../api/api-context.ts'
import { ask, type Api } from '../api/client.ts'

/** A tenant with its settings; of secrets only whether they are set. */
export type Tenant = Awaited<ReturnType<typeof askTenant>>

/** What `PATCH` changes of a tenant: only what is given. */
export type TenantChanges = NonNullable<Parameters<ReturnType<Api['server']['admin']['tenants']>['patch']>[0]>

const movingMs = 2_000

/** One tenant, for its managers. */
export function getTenantQueryOptions(api: Api, id: string) {
  return queryOptions({
    queryKey: ['tenant', id],
    queryFn: ({ signal }) => askTenant({ api, id, signal }),
    staleTime: 15_000,
    refetchInterval: ({ state }) => (state.data?.state === 'moving' ? movingMs : false),
  })
}

/** Changes a tenant and shows the outcome wherever it stands. */
export function useChangeTenant(id: string) {
  const api = useApi()
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (changes: TenantChanges) => ask(api.server.admin.tenants({ id }).patch(changes)),
    onSuccess: (tenant) => {
      queryClient.setQueryData(getTenantQueryOptions(api, id).queryKey, tenant)
      void queryClient.invalidateQueries({ queryKey: ['tenants'] })
    },
  })
}

function askTenant(options: { api: Api; id: string; signal: AbortSignal }) {
  const { api, id, signal } = options
  return ask(api.server.admin.tenants({ id }).get({ fetch: { signal } }))
}
