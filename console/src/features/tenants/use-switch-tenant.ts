import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useApi } from '../../api/api-context.ts'
import { ask } from '../../api/client.ts'
import { describeProblem, toProblem } from '../../api/problem.ts'
import { getMeQueryOptions } from '../../panels/me.queries.ts'
import { useChangeTenant } from '../../panels/tenant.queries.ts'
import { useToasts } from '../../ui/toasts.ts'

/** Switches a tenant on or off, an owner its own, and offers to undo that; `turn` rejects when it was refused. */
export function useSwitchTenant(tenant: { id: string; name: string }) {
  const change = useChangeTenant(tenant.id)
  const toasts = useToasts()
  const api = useApi()
  const queryClient = useQueryClient()
  const { data: me } = useQuery(getMeQueryOptions(api))
  const turnOwn = async (active: boolean): Promise<void> => {
    const own = api.server.organizations({ id: tenant.id })
    await (active ? ask(own.activate.post()) : ask(own.delete()))
    void queryClient.invalidateQueries({ queryKey: ['organizations'] })
    await queryClient.invalidateQueries({ queryKey: ['tenant', tenant.id] })
  }
  const turn = async (active: boolean): Promise<void> => {
    await (me?.is_superuser ? change.mutateAsync({ is_active: active }) : turnOwn(active))
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
