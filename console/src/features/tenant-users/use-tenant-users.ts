import { useMutation, useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useApi } from '../../api/api-context.ts'
import { ask } from '../../api/client.ts'
import { optimistically } from '../../api/mutate.ts'
import { describeProblem, toProblem } from '../../api/problem.ts'
import { changeRows, type PagedRows } from '../../panels/people-cache.ts'
import { refreshTenantUsers } from '../../panels/people-queries.ts'
import { namePerson } from '../../panels/people-words.ts'
import { useToasts, type Toasts } from '../../ui/toasts.ts'
import { applyTenantUserChange, describeTenantUserChange, type TenantUserChanges } from './describe-tenant-user.ts'
import type { TenantUser } from './tenant-users.queries.ts'

interface Change {
  user: TenantUser
  changes: TenantUserChanges
}

/** Changes a tenant's user: shown at once, taken back when it fails, and a toast offers to undo it. Never rejects. */
export function useChangeTenantUser(tenantId: string) {
  const api = useApi()
  const queryClient = useQueryClient()
  const toasts = useToasts()
  const mutation = useMutation({
    mutationFn: ({ user, changes }: Change) =>
      ask(api.server.admin.tenants({ id: tenantId }).users({ user: user.id }).patch(changes)),
    ...showAtOnce<Change>({ queryClient, tenantId, apply: applyTenantUserChange }),
  })
  return async function change({ user, changes }: Change): Promise<void> {
    const words = describeTenantUserChange({ user, changes })
    const before: TenantUserChanges =
      changes.full_name === undefined ? { is_active: user.is_active } : { full_name: user.full_name }
    try {
      await mutation.mutateAsync({ user, changes })
      toasts.done(words.done, { undo: () => void change({ user: { ...user, ...changes }, changes: before }) })
    } catch (thrown) {
      sayFailure({ toasts, title: words.failed, thrown })
    }
  }
}

/**
 * Takes a platform user out of a tenant: shown at once, taken back when it fails. Superusers can undo it, as they can
 * assign. `leave` rejects when it was refused, `leaveOrSay` says so in a toast.
 */
export function useUnassign(options: { tenantId: string; canUndo: boolean }) {
  const { tenantId, canUndo } = options
  const api = useApi()
  const queryClient = useQueryClient()
  const toasts = useToasts()
  const out = useMutation({
    mutationFn: ({ user }: { user: TenantUser }) =>
      ask(api.server.admin.tenants({ id: tenantId }).users({ user: user.id }).delete()),
    ...showAtOnce<{ user: TenantUser }>({
      queryClient,
      tenantId,
      apply: ({ user }) => ({ ...user, linked_as: 'left', has_access: false }),
    }),
  })
  const back = useMutation({
    mutationFn: ({ user }: { user: TenantUser }) =>
      ask(api.server.admin.users({ id: user.id }).tenant.put({ tenant_id: tenantId })),
    ...showAtOnce<{ user: TenantUser }>({
      queryClient,
      tenantId,
      apply: ({ user }) => ({ ...user, linked_as: 'assigned', has_access: user.is_active }),
    }),
  })
  const leave = async (user: TenantUser): Promise<void> => {
    await out.mutateAsync({ user })
    void queryClient.invalidateQueries({ queryKey: ['users'] })
    toasts.done(`${namePerson(user)} unassigned`, canUndo ? { undo: () => void comeBack(user) } : {})
  }
  const comeBack = async (user: TenantUser): Promise<void> => {
    try {
      await back.mutateAsync({ user })
      void queryClient.invalidateQueries({ queryKey: ['users'] })
      toasts.done(`${namePerson(user)} assigned again`)
    } catch (thrown) {
      sayFailure({ toasts, title: `${namePerson(user)} was not assigned again`, thrown })
    }
  }
  const leaveOrSay = async (user: TenantUser): Promise<void> => {
    try {
      await leave(user)
    } catch (thrown) {
      sayFailure({ toasts, title: `${namePerson(user)} was not unassigned`, thrown })
    }
  }
  return { leave, leaveOrSay }
}

/** Gives a tenant's own user a new password; rejects when the server refused. */
export function useSetTenantUserPassword(options: { tenantId: string; user: TenantUser }) {
  const { tenantId, user } = options
  const api = useApi()
  return (password: string) =>
    ask(api.server.admin.tenants({ id: tenantId }).users({ user: user.id }).patch({ password }))
}

/** Deletes a tenant's own user with its conversations; rejects when the server refused. */
export function useDeleteTenantUser(options: { tenantId: string; user: TenantUser }) {
  const { tenantId, user } = options
  const api = useApi()
  const queryClient = useQueryClient()
  return async (): Promise<void> => {
    await ask(api.server.admin.tenants({ id: tenantId }).users({ user: user.id }).delete())
    refreshTenantUsers({ queryClient, tenantId })
  }
}

function showAtOnce<Variables extends { user: TenantUser }>(options: {
  queryClient: QueryClient
  tenantId: string
  apply: (variables: Variables) => TenantUser
}) {
  const { queryClient, tenantId, apply } = options
  return optimistically<PagedRows<TenantUser>, Variables>({
    queryClient,
    keys: [['tenant', tenantId, 'users', 'list']],
    apply: (cached, variables) =>
      changeRows(cached, (row: TenantUser) =>
        row.id === variables.user.id ? apply({ ...variables, user: row }) : row,
      ),
  })
}

function sayFailure(options: { toasts: Toasts; title: string; thrown: unknown }): void {
  const { title, advice } = describeProblem({ problem: toProblem(options.thrown), attempt: 'people' })
  options.toasts.failed(options.title, { detail: `${title} ${advice}` })
}
