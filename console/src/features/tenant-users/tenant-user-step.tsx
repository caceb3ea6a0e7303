import type { ReactNode } from 'react'
import { describeProblem, toProblem } from '../../api/problem.ts'
import { formatCount } from '../../lib/numbers.ts'
import { NewPasswordDialog } from '../../panels/people-password-dialog.tsx'
import { RenameDialog } from '../../panels/people-rename-dialog.tsx'
import { namePerson } from '../../panels/people-words.ts'
import type { Tenant } from '../../panels/tenant.queries.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { useToasts } from '../../ui/toasts.ts'
import type { TenantUser } from './tenant-users.queries.ts'
import { useChangeTenantUser, useDeleteTenantUser, useSetTenantUserPassword, useUnassign } from './use-tenant-users.ts'

/** A question about a tenant's user. */
export type Step = 'rename' | 'password' | 'unassign' | 'delete'

interface StepProps {
  user: TenantUser
  tenant: Tenant
  onCancel: () => void
  onDone: () => void
}

const describeFailure = (thrown: unknown): { title: string; advice: string } =>
  describeProblem({ problem: toProblem(thrown), attempt: 'people' })

function RenameStep({ user, tenant, onCancel, onDone }: StepProps): ReactNode {
  const change = useChangeTenantUser(tenant.id)
  return (
    <RenameDialog
      person={user}
      onCancel={onCancel}
      onRename={(fullName) => {
        onDone()
        if (fullName !== user.full_name) void change({ user, changes: { full_name: fullName } })
      }}
    />
  )
}

function PasswordStep({ user, tenant, onCancel, onDone }: StepProps): ReactNode {
  const setPassword = useSetTenantUserPassword({ tenantId: tenant.id, user })
  return <NewPasswordDialog person={user} onSave={setPassword} onCancel={onCancel} onDone={onDone} />
}

/** For owners of the tenant, who cannot assign anybody and so cannot undo this. */
function UnassignStep({ user, tenant, onCancel, onDone }: StepProps): ReactNode {
  const { leave } = useUnassign({ tenantId: tenant.id, canUndo: false })
  return (
    <ConfirmDialog
      open
      onClose={onCancel}
      title={`Unassign ${namePerson(user)}?`}
      description={`They leave ${tenant.name} and their sessions there end. The account and the conversations stay. Only a superuser of this server can assign them again.`}
      keep="Keep user"
      verb="Unassign user"
      danger={false}
      onConfirm={async () => {
        await leave(user)
        onDone()
      }}
      describeFailure={describeFailure}
    />
  )
}

function DeleteStep({ user, tenant, onCancel, onDone }: StepProps): ReactNode {
  const toasts = useToasts()
  const remove = useDeleteTenantUser({ tenantId: tenant.id, user })
  const { conversations } = user
  const name = namePerson(user)
  return (
    <ConfirmDialog
      open
      onClose={onCancel}
      title={`Delete ${name}?`}
      description={`The user ${user.email} of ${tenant.name} is gone for good, with everything they asked. This cannot be undone.`}
      losses={[{ count: formatCount(conversations), what: conversations === 1 ? 'conversation' : 'conversations' }]}
      typed={conversations === 0 ? undefined : user.email}
      typedWhat="address"
      keep="Keep user"
      verb="Delete user"
      onConfirm={async () => {
        await remove()
        toasts.done(`${name} deleted`)
        onDone()
      }}
      describeFailure={describeFailure}
    />
  )
}

const dialogs: Record<Step, (props: StepProps) => ReactNode> = {
  rename: RenameStep,
  password: PasswordStep,
  unassign: UnassignStep,
  delete: DeleteStep,
}

/** The dialog of a question about a tenant's user. */
export function TenantUserStep({ step, ...props }: StepProps & { step: Step }): ReactNode {
  const StepDialog = dialogs[step]
  return <StepDialog {...props} />
}
