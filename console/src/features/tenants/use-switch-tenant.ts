import { describeProblem, toProblem } from '../../api/problem.ts'
import { useChangeTenant } from '../../panels/tenant.queries.ts'
import { useToasts } from '../../ui/toasts.ts'

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
