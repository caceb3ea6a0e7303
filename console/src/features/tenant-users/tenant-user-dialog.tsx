import { useState, type ReactNode } from 'react'
import type { Tenant } from '../../panels/tenant.queries.ts'
import { namePerson } from '../../panels/people-words.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TenantUserActions } from './tenant-user-actions.tsx'
import { TenantUserStep, type Step } from './tenant-user-step.tsx'
import type { TenantUser } from './tenant-users.queries.ts'

/**
 * One user of a tenant: who it is and everything that can be done with it. What asks a question takes the place of the
 * details; given up, it leads back to them.
 */
export function TenantUserDialog(props: {
  id: string | undefined
  tenant: Tenant
  isSuperuser: boolean
  rows: readonly TenantUser[]
  /** Whether all rows asked for have come, so that who is not among them is not in this list. */
  ready: boolean
  onFind: () => void
  onClose: () => void
}): ReactNode {
  const { id, rows, ready } = props
  if (id === undefined) return null
  const user = rows.find((row) => row.id === id)
  // A key, so that one user's open question is never put to another.
  if (user) return <OpenDialog key={id} {...props} user={user} />
  return ready ? <NotListed onFind={props.onFind} onClose={props.onClose} /> : null
}

function OpenDialog(props: { user: TenantUser; tenant: Tenant; isSuperuser: boolean; onClose: () => void }): ReactNode {
  const { user, tenant, isSuperuser, onClose } = props
  const [step, setStep] = useState<Step>()
  const shared = { user, tenant, isSuperuser, onDone: onClose }
  if (step) return <TenantUserStep {...shared} step={step} onCancel={() => setStep(undefined)} />
  return (
    <Dialog open onClose={onClose} title={namePerson(user)}>
      <TenantUserActions {...shared} onStep={setStep} />
    </Dialog>
  )
}

function NotListed(props: { onFind: () => void; onClose: () => void }): ReactNode {
  return (
    <Dialog
      open
      onClose={props.onClose}
      title="This user is not in the list shown"
      description="The list may be narrowed, or longer than what has been loaded; or the user was deleted."
      foot={
        <>
          <Button onClick={props.onClose}>Close</Button>
          <Button kind="primary" onClick={props.onFind}>
            Show all users
          </Button>
        </>
      }
    />
  )
}
