import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import type { User } from '../../api/client.ts'
import { describeProblem, toProblem } from '../../api/problem.ts'
import { formatCount } from '../../lib/numbers.ts'
import { useMoveUser } from '../../panels/people-assign.ts'
import { NewPasswordDialog } from '../../panels/people-password-dialog.tsx'
import { RenameDialog } from '../../panels/people-rename-dialog.tsx'
import { namePerson } from '../../panels/people-words.ts'
import { TenantPicker } from '../../panels/tenant-picker.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { useToasts } from '../../ui/toasts.ts'
import { getOwnedTenantsQueryOptions } from './people.queries.ts'
import { useChangePerson, useDeletePerson, useSetPersonPassword } from './use-people.ts'

/** A question about a platform user. */
export type Step = 'rename' | 'password' | 'assign' | 'delete'

interface StepProps {
  user: User
  onCancel: () => void
  onDone: () => void
}

function RenameStep({ user, onCancel, onDone }: StepProps): ReactNode {
  const change = useChangePerson()
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

function PasswordStep({ user, onCancel, onDone }: StepProps): ReactNode {
  const setPassword = useSetPersonPassword(user)
  return <NewPasswordDialog person={user} onSave={setPassword} onCancel={onCancel} onDone={onDone} />
}

function AssignStep({ user, onCancel, onDone }: StepProps): ReactNode {
  const { moveOrSay } = useMoveUser()
  const name = namePerson(user)
  return (
    <Dialog
      open
      onClose={onCancel}
      title={user.tenant_id === null ? `Assign ${name} to a tenant` : `Move ${name} to another tenant`}
      description={
        user.tenant_id === null
          ? 'They can chat there at once.'
          : `They leave ${user.tenant_id}, where their sessions end; conversations stay there.`
      }
    >
      <div className="mt-4">
        <TenantPicker
          current={user.tenant_id ?? undefined}
          onPick={({ id }) => {
            onDone()
            void moveOrSay({ user, to: id })
          }}
        />
      </div>
    </Dialog>
  )
}

function DeleteStep({ user, onCancel, onDone }: StepProps): ReactNode {
  const toasts = useToasts()
  const remove = useDeletePerson(user)
  const owned = useQuery(getOwnedTenantsQueryOptions(useApi(), user.id))
  const name = namePerson(user)
  const count = owned.data
  // Whoever may own tenants is not deleted in passing; that they are still being counted does not change the dialog.
  const isWeighty = user.is_owner || user.is_superuser
  return (
    <ConfirmDialog
      open
      onClose={onCancel}
      title={`Delete ${name}?`}
      description={`The account ${user.email} goes for good and its sessions end. Conversations stay in their tenants. This cannot be undone.`}
      losses={
        isWeighty || (count ?? 0) > 0
          ? [
              {
                count: count === undefined ? '…' : formatCount(count),
                what: count === 1 ? 'tenant loses its owner' : 'tenants lose their owner',
              },
            ]
          : undefined
      }
      typed={isWeighty ? user.email : undefined}
      typedWhat="address"
      keep="Keep user"
      verb="Delete user"
      onConfirm={async () => {
        await remove()
        toasts.done(`${name} deleted`)
        onDone()
      }}
      describeFailure={(thrown) => describeProblem({ problem: toProblem(thrown), attempt: 'people' })}
    />
  )
}

const dialogs: Record<Step, (props: StepProps) => ReactNode> = {
  rename: RenameStep,
  password: PasswordStep,
  assign: AssignStep,
  delete: DeleteStep,
}

/** The dialog of a question about a platform user. */
export function PersonStep({ step, ...props }: StepProps & { step: Step }): ReactNode {
  const StepDialog = dialogs[step]
  return <StepDialog {...props} />
}
