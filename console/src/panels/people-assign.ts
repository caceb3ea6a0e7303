import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useApi } from '../api/api-context.ts'
import { ask, type User } from '../api/client.ts'
import { describeProblem, toProblem } from '../api/problem.ts'
import { useToasts } from '../ui/toasts.ts'
import { namePerson } from './people-words.ts'
import { showUserChange } from './people-cache.ts'
import { refreshTenantUsers } from './people-queries.ts'

/** A platform user and the tenant it goes to; null takes it out of the one it is in. */
export interface Move {
  user: User
  to: string | null
}

/**
 * Assigns platform users to a tenant and takes them out, for superusers. Lists show it at once and take it back when it
 * fails; a toast offers to undo it. `move` rejects when it was refused, `moveOrSay` says so in a toast.
 */
export function useMoveUser() {
  const api = useApi()
  const queryClient = useQueryClient()
  const toasts = useToasts()
  const mutation = useMutation({
    mutationFn: async ({ user, to }: Move): Promise<void> => {
      const at = api.server.admin.users({ id: user.id }).tenant
      await (to === null ? ask(at.delete()) : ask(at.put({ tenant_id: to })))
    },
    ...showUserChange<Move>({ queryClient, describe: ({ user, to }) => ({ id: user.id, changes: { tenant_id: to } }) }),
    onSuccess: (_nothing, { user, to }) => {
      for (const id of [user.tenant_id, to]) {
        if (id !== null) refreshTenantUsers({ queryClient, tenantId: id })
      }
    },
  })
  const move = async ({ user, to }: Move): Promise<void> => {
    await mutation.mutateAsync({ user, to })
    toasts.done(describeMove({ user, to }), {
      undo: () => void moveOrSay({ user: { ...user, tenant_id: to }, to: user.tenant_id }),
    })
  }
  const moveOrSay = async ({ user, to }: Move): Promise<void> => {
    try {
      await move({ user, to })
    } catch (thrown) {
      const { title, advice } = describeProblem({ problem: toProblem(thrown), attempt: 'people' })
      toasts.failed(`${namePerson(user)} was not ${to === null ? 'unassigned' : `assigned to ${to}`}`, {
        detail: `${title} ${advice}`,
      })
    }
  }
  return { move, moveOrSay, busy: mutation.isPending }
}

function describeMove({ user, to }: Move): string {
  if (to !== null) return `${namePerson(user)} assigned to ${to}`
  return `${namePerson(user)} unassigned${user.tenant_id === null ? '' : ` from ${user.tenant_id}`}`
}
