import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import type { User } from '../../api/client.ts'
import { paths, tenantPath } from '../../lib/paths.ts'
import { useMoveUser } from '../../panels/people-assign.ts'
import { describeRoleChange, findRole, roles, roleWords, type Role } from '../../panels/people-words.ts'
import { ActionList, ActionRow } from '../../ui/action-list.tsx'
import { Button } from '../../ui/button.tsx'
import { ChoiceMenu } from '../../ui/choice-menu.tsx'
import { CopyId } from '../../ui/copy-id.tsx'
import { Icon } from '../../ui/icons.tsx'
import { describeGuard } from './describe-person.ts'
import { getMeQueryOptions } from '../../panels/me.queries.ts'
import { getPeopleCountsQueryOptions } from './people.queries.ts'
import type { Step } from './person-step.tsx'
import { useChangePerson } from './use-people.ts'

const roleChoices = roles.map((role) => ({ value: role, ...roleWords[role] }))

/** Everything that can be done with a platform user, each with what it means. */
export function PersonActions(props: { user: User; onStep: (step: Step) => void; onDone: () => void }): ReactNode {
  const { user, onStep, onDone } = props
  const api = useApi()
  const meId = useQuery(getMeQueryOptions(api)).data?.id ?? ''
  const activeSuperusers = useQuery(getPeopleCountsQueryOptions(api)).data?.active_superusers
  const change = useChangePerson()
  const guard = describeGuard({ user, meId, activeSuperusers })
  const apply = (changes: Parameters<typeof change>[0]['changes']): void => {
    onDone()
    void change({ user, changes })
  }
  return (
    <>
      <div className="mb-4 flex flex-col">
        <CopyId id={user.email} what="e-mail" />
        <CopyId id={user.id} what="user id" />
      </div>
      {guard !== undefined && (
        <p className="mb-4 flex gap-2 text-ink-2">
          <Icon name="lock" className="mt-[2px] shrink-0 text-ink-3" />
          {guard}.
        </p>
      )}
      <ActionList label="What can be done">
        <RoleRow user={user} guard={guard} onChoose={(role) => apply(describeRoleChange(role))} />
        <TenantRow user={user} onStep={onStep} onDone={onDone} />
        {!user.is_verified && (
          <ActionRow
            name="Address"
            words="Nobody has shown that this address is theirs. Vouch for it, and they can be assigned."
            action={<Button onClick={() => apply({ is_verified: true })}>Mark as verified</Button>}
          />
        )}
        <ActionRow
          name="Name"
          words={user.full_name ?? 'None yet'}
          action={<Button onClick={() => onStep('rename')}>Rename…</Button>}
        />
        <PasswordRow isMe={user.id === meId} onStep={onStep} />
        <ActionRow
          name="Sign-in"
          words={
            user.is_active
              ? 'Open. Switched off, every session ends and nobody can sign in.'
              : 'Switched off: nobody can sign in with this account.'
          }
          action={
            user.is_active ? (
              <Button reason={guard} onClick={() => apply({ is_active: false })}>
                Switch off
              </Button>
            ) : (
              <Button onClick={() => apply({ is_active: true })}>Switch on</Button>
            )
          }
        />
        <ActionRow
          name="Account"
          words="Deleted, it is gone for good. Conversations stay in their tenants."
          action={
            <Button reason={guard} onClick={() => onStep('delete')}>
              Delete user…
            </Button>
          }
        />
      </ActionList>
    </>
  )
}

function RoleRow(props: { user: User; guard: string | undefined; onChoose: (role: Role) => void }): ReactNode {
  const { user, guard } = props
  const role = findRole(user)
  const { label, note } = roleWords[role]
  return (
    <ActionRow
      name="Role"
      words={note}
      action={
        role === 'superuser' && guard !== undefined ? (
          <Button reason={guard}>{label}</Button>
        ) : (
          <ChoiceMenu
            label="Role"
            value={role}
            choices={roleChoices}
            onChoose={(chosen) => {
              if (chosen !== role) props.onChoose(chosen)
            }}
          />
        )
      }
    />
  )
}

function TenantRow(props: { user: User; onStep: (step: Step) => void; onDone: () => void }): ReactNode {
  const { user, onStep, onDone } = props
  const { moveOrSay } = useMoveUser()
  const { tenant_id: tenantId } = user
  if (tenantId === null) {
    return (
      <ActionRow
        name="Tenant"
        words="Assigned to none."
        action={
          <Button
            reason={user.is_verified ? undefined : 'The address is not verified yet: mark it as verified first'}
            onClick={() => onStep('assign')}
          >
            Assign to tenant…
          </Button>
        }
      />
    )
  }
  return (
    <ActionRow
      name="Tenant"
      words={
        <>
          Chats in{' '}
          <Link to={tenantPath(tenantId)} className="link font-mono">
            {tenantId}
          </Link>
          . Unassigned, sessions there end; conversations stay.
        </>
      }
      action={
        <>
          <Button onClick={() => onStep('assign')}>Move…</Button>
          <Button
            onClick={() => {
              onDone()
              void moveOrSay({ user, to: null })
            }}
          >
            Unassign
          </Button>
        </>
      }
    />
  )
}

function PasswordRow(props: { isMe: boolean; onStep: (step: Step) => void }): ReactNode {
  if (props.isMe) {
    return (
      <ActionRow
        name="Password"
        words={
          <>
            You change your own in{' '}
            <Link to={paths.account} className="link">
              your account
            </Link>
            .
          </>
        }
      />
    )
  }
  return (
    <ActionRow
      name="Password"
      words="A new one ends every session."
      action={<Button onClick={() => props.onStep('password')}>Set new password…</Button>}
    />
  )
}
