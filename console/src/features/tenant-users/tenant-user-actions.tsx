import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { Tenant } from '../../panels/tenant.queries.ts'
import { ActionList, ActionRow } from '../../ui/action-list.tsx'
import { Button } from '../../ui/button.tsx'
import { CopyId } from '../../ui/copy-id.tsx'
import { describeDeletion, describeTenantUserKind } from './describe-tenant-user.ts'
import type { Step } from './tenant-user-step.tsx'
import type { TenantUser } from './tenant-users.queries.ts'
import { useChangeTenantUser, useUnassign } from './use-tenant-users.ts'

interface Props {
  user: TenantUser
  tenant: Tenant
  isSuperuser: boolean
  onStep: (step: Step) => void
  onDone: () => void
}

/** Everything that can be done with a tenant's user, each with what it means. */
export function TenantUserActions(props: Props): ReactNode {
  const { user } = props
  const isGone = user.linked_as === 'left' || user.linked_as === 'deleted'
  return (
    <>
      <p className="mb-2 text-ink-2">{describeTenantUserKind(user).note}</p>
      <div className="mb-4 flex flex-col">
        <CopyId id={user.email} what="e-mail" />
        <CopyId id={user.id} what="user id" />
      </div>
      <ActionList label="What can be done">
        {user.linked_as === null ? <OwnRows {...props} /> : <AccountRow {...props} />}
        {!isGone && <AccessRow {...props} />}
        {user.linked_as === 'assigned' && <UnassignRow {...props} />}
        {user.linked_as === null && (
          <ActionRow
            name="Account"
            words={describeDeletion(user)}
            action={<Button onClick={() => props.onStep('delete')}>Delete user…</Button>}
          />
        )}
      </ActionList>
    </>
  )
}

function OwnRows({ user, onStep }: Props): ReactNode {
  return (
    <>
      {!user.is_verified && (
        <ActionRow
          name="Address"
          words="Not verified yet. The link in the mail they were sent does that; until then they cannot sign in."
        />
      )}
      <ActionRow
        name="Name"
        words={user.full_name ?? 'None yet'}
        action={<Button onClick={() => onStep('rename')}>Rename…</Button>}
      />
      <ActionRow
        name="Password"
        words="A new one ends every session."
        action={<Button onClick={() => onStep('password')}>Set new password…</Button>}
      />
    </>
  )
}

function AccountRow({ user, isSuperuser }: Props): ReactNode {
  if (user.linked_as === 'deleted') return null
  return (
    <ActionRow
      name="Platform account"
      words={
        isSuperuser
          ? 'Name, password, role and tenant belong to it.'
          : 'Name, password and role belong to it; a superuser of this server can change them.'
      }
      action={
        isSuperuser && (
          <Link to="/users" search={{ open: user.id }} className="link">
            Open under Users
          </Link>
        )
      }
    />
  )
}

function AccessRow({ user, tenant, onDone }: Props): ReactNode {
  const change = useChangeTenantUser(tenant.id)
  const turn = (isActive: boolean): void => {
    onDone()
    void change({ user, changes: { is_active: isActive } })
  }
  if (!user.is_active) {
    return (
      <ActionRow
        name="Access"
        words={`Switched off: nobody enters ${tenant.name} with this user. Conversations are kept.`}
        action={<Button onClick={() => turn(true)}>Switch on</Button>}
      />
    )
  }
  return (
    <ActionRow
      name="Access"
      words={
        user.has_access
          ? `Open. Switched off, sessions in ${tenant.name} end; conversations are kept.`
          : 'Open here, but the platform account is switched off.'
      }
      action={<Button onClick={() => turn(false)}>Switch off</Button>}
    />
  )
}

function UnassignRow({ user, tenant, isSuperuser, onStep, onDone }: Props): ReactNode {
  const { leaveOrSay } = useUnassign({ tenantId: tenant.id, canUndo: isSuperuser })
  return (
    <ActionRow
      name="Tenant"
      words={`Unassigned, they leave ${tenant.name}; the account and the conversations stay.`}
      action={
        isSuperuser ? (
          <Button
            onClick={() => {
              onDone()
              void leaveOrSay(user)
            }}
          >
            Unassign
          </Button>
        ) : (
          <Button onClick={() => onStep('unassign')}>Unassign…</Button>
        )
      }
    />
  )
}
