import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useApi } from '../../api/api-context.ts'
import { ask, type User } from '../../api/client.ts'
import { describeProblem, toProblem } from '../../api/problem.ts'
import { showUserChange } from '../../panels/people-cache.ts'
import { refreshTenantUsers, type NewPerson } from '../../panels/people-queries.ts'
import { describeRoleChange, type Role } from '../../panels/people-words.ts'
import { useToasts } from '../../ui/toasts.ts'
import { describePersonChange, invertChanges, type PersonChanges } from './describe-person.ts'

interface PersonChange {
  user: User
  changes: PersonChanges
}

/** Changes a platform user: shown at once, taken back when it fails, and a toast offers to undo it. Never rejects. */
export function useChangePerson() {
  const api = useApi()
  const queryClient = useQueryClient()
  const toasts = useToasts()
  const mutation = useMutation({
    mutationFn: ({ user, changes }: PersonChange) => ask(api.server.admin.users({ id: user.id }).patch(changes)),
    ...showUserChange<PersonChange>({ queryClient, describe: ({ user, changes }) => ({ id: user.id, changes }) }),
    onSuccess: ({ tenant_id: tenantId }) => {
      void queryClient.invalidateQueries({ queryKey: ['me'] })
      if (tenantId !== null) refreshTenantUsers({ queryClient, tenantId })
    },
  })
  return async function change({ user, changes }: PersonChange): Promise<void> {
    const words = describePersonChange({ user, changes })
    try {
      await mutation.mutateAsync({ user, changes })
      toasts.done(words.done, {
        undo: () => void change({ user: { ...user, ...changes }, changes: invertChanges({ user, changes }) }),
      })
    } catch (thrown) {
      const { title, advice } = describeProblem({ problem: toProblem(thrown), attempt: 'people' })
      toasts.failed(words.failed, { detail: `${title} ${advice}` })
    }
  }
}

/** Makes a platform user; rejects with 409 `user.email_taken` when there is one with the address. */
export function useCreatePerson() {
  const api = useApi()
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: ({ person, role }: { person: NewPerson; role: Role }) =>
      ask(
        api.server.admin.users.post({
          email: person.email.trim(),
          password: person.password,
          full_name: person.full_name.trim() || null,
          ...describeRoleChange(role),
        }),
      ),
    onSuccess: () => void queryClient.invalidateQueries({ queryKey: ['users'] }),
  })
}

/** Gives a platform user a new password; rejects when the server refused. */
export function useSetPersonPassword(user: User) {
  const api = useApi()
  return (password: string) => ask(api.server.admin.users({ id: user.id }).patch({ password }))
}

/** Deletes a platform user; rejects when the server refused. */
export function useDeletePerson(user: User) {
  const api = useApi()
  const queryClient = useQueryClient()
  return async (): Promise<void> => {
    await ask(api.server.admin.users({ id: user.id }).delete())
    queryClient.removeQueries({ queryKey: ['users', 'one', user.id] })
    void queryClient.invalidateQueries({ queryKey: ['users'] })
    if (user.tenant_id !== null) refreshTenantUsers({ queryClient, tenantId: user.tenant_id })
  }
}
