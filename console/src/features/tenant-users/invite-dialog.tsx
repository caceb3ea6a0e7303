import { useId, useState, type ReactNode } from 'react'
import { InviteForm, InviteHandover, type MadeInvite, useInvite } from '../../panels/people-invite.tsx'
import type { Tenant } from '../../panels/tenant.queries.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { Plate } from '../../ui/plate.tsx'

/** Invites somebody to a tenant, then shows the link, once, to be handed over. */
export function InviteDialog(props: { tenant: Tenant; onClose: () => void }): ReactNode {
  const { tenant, onClose } = props
  const formId = useId()
  const invite = useInvite(tenant.id)
  const [made, setMade] = useState<MadeInvite>()
  if (made) {
    return (
      <Dialog
        open
        keep
        onClose={onClose}
        title={`${made.email} is invited`}
        mark={<Plate tenantId={tenant.id} />}
        description={`Whoever opens the link chooses a password and is a user of ${tenant.name}.`}
        foot={
          <>
            <Button onClick={() => setMade(undefined)}>Invite another user</Button>
            <Button kind="primary" onClick={onClose}>
              Close
            </Button>
          </>
        }
      >
        <div className="mt-4">
          <InviteHandover invite={made} />
        </div>
      </Dialog>
    )
  }
  return (
    <FormDialog
      onClose={onClose}
      title={`Invite a user to ${tenant.name}`}
      mark={<Plate tenantId={tenant.id} />}
      description="They get a link, choose their own password, and sign in here and nowhere else."
      formId={formId}
      cancel="Cancel"
      verb="Invite user"
      busy={invite.isPending}
    >
      <div className="mt-4">
        <InviteForm
          id={formId}
          tenantName={tenant.name}
          onInvite={async (email) => setMade(await invite.mutateAsync(email))}
        />
      </div>
    </FormDialog>
  )
}
