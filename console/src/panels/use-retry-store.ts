import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useApi } from '../api/api-context.ts'
import { ask } from '../api/client.ts'
import { getTenantQueryOptions } from './tenant.queries.ts'

/** Where the fleet of dedicated databases is kept among the queries. */
export const fleetKey = ['fleet'] as const

/** Makes or migrates a failed tenant's database again, and shows the outcome wherever the tenant stands. Superusers only. */
export function useRetryStore(tenantId: string) {
  const api = useApi()
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: () => ask(api.server.admin.tenants({ id: tenantId }).provision.retry.post()),
    onSuccess: (found) => {
      queryClient.setQueryData(getTenantQueryOptions(api, tenantId).queryKey, found)
      void queryClient.invalidateQueries({ queryKey: ['tenants'] })
      void queryClient.invalidateQueries({ queryKey: fleetKey })
    },
  })
}
