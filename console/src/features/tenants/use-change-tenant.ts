import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useApi } from '../../api/api-context.ts'
import { ask } from '../../api/client.ts'
import { describeProblem, toProblem } from '../../api/problem.ts'
import { useToasts } from '../../ui/toasts.ts'
import { getTenantQueryOptions, type Tenant } from './tenants.queries.ts'

/** What the settings write of a tenant; only what is given changes. */
export interface TenantChanges {
  name?: string
  is_active?: boolean
  max_output_tokens?: number
  retrieval?: Tenant['retrieval']
  retrieval_top_k?: number
  retrieval_score_min?: number | null
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

/** Switches a tenant on or off and offers to undo that; rejects when it was refused. */
export function useSwitchTenant(tenant: { id: string; name: string }) {
  const change = useChangeTenant(tenant.id)
  const toasts = useToasts()
  const turn = async (active: boolean): Promise<void> => {
    await change.mutateAsync({ is_active: active })
    toasts.done(`${tenant.name} ${active ? 'activated' : 'suspended'}`, { undo: () => void turnOrSay(!active) })
  }
  const turnOrSay = async (active: boolean): Promise<void> => {
    try {
      await turn(active)
    } catch (thrown) {
      const { title, advice } = describeProblem({ problem: toProblem(thrown), attempt: 'other' })
      toasts.failed(`${tenant.name} was not ${active ? 'activated' : 'suspended'}`, { detail: `${title} ${advice}` })
    }
  }
  return { turn, turnOrSay, busy: change.isPending }
}
