import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useApi } from '../../api/api-context.ts'
import { ask } from '../../api/client.ts'
import { getMoveQueryOptions } from '../../panels/move.queries.ts'
import { getTenantQueryOptions, type Tenant } from '../../panels/tenant.queries.ts'
import type { MoveTarget } from './move-targets.ts'

/** Begins a move; the tenant's page watches it from then on. */
export function useStartMove(tenant: Tenant) {
  const api = useApi()
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: ({ body }: MoveTarget) => ask(api.server.admin.tenants({ id: tenant.id }).move.post(body)),
    onSuccess: (move) => {
      queryClient.setQueryData(getMoveQueryOptions(api, tenant.id).queryKey, move)
      queryClient.setQueryData(getTenantQueryOptions(api, tenant.id).queryKey, { ...tenant, state: 'moving' as const })
      void queryClient.invalidateQueries({ queryKey: ['tenants'] })
    },
  })
}

/** Asks a running move to end where it began. */
export function useEndMove(tenantId: string) {
  const api = useApi()
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: () => ask(api.server.admin.tenants({ id: tenantId }).move.delete()),
    onSettled: () => queryClient.invalidateQueries({ queryKey: getMoveQueryOptions(api, tenantId).queryKey }),
  })
}
