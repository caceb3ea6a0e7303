import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { formatPlural } from '../../lib/numbers.ts'
import { useView } from '../../lib/use-view.ts'
import { CreateTenantUser } from '../../panels/people-create.tsx'
import { InviteTenantUser } from '../../panels/people-invite.tsx'
import { AssignUserPicker } from '../../panels/people-picker.tsx'
import { namePerson } from '../../panels/people-words.ts'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { Bone } from '../../ui/bone.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import type { TenantFlow } from './onboarding-flow.ts'
import { OnboardingFrame } from './onboarding-frame.tsx'
import { getFirstUsersQueryOptions } from './onboarding.queries.ts'
import { onboardingView } from './onboarding.view.ts'

const ways = [
  { value: 'create', label: 'Create a user' },
  { value: 'invite', label: 'Invite a user' },
  { value: 'assign', label: 'Assign a platform user' },
] as const

/** Who may ask the tenant: new users of its own, or people of this platform. Each is saved as it is made. */
export function UsersStep(props: { flow: TenantFlow }): ReactNode {
  const { flow } = props
  const { tenant, facts } = flow
  const [view, change] = useView(onboardingView)
  const { isSuperuser } = flow.viewer
  // The platform's users are for superusers to know.
  const choices = isSuperuser ? ways : ways.filter(({ value }) => value !== 'assign')
  const way = !isSuperuser && view.people === 'assign' ? 'create' : view.people
  return (
    <OnboardingFrame
      flow={flow}
      title="Add users"
      lead={
        isSuperuser
          ? `Who may ask ${tenant.name}. Users of its own know this tenant alone; a platform user is assigned to it.`
          : `Who may ask ${tenant.name}. Its users sign in there and nowhere else.`
      }
      foot={{
        verb: 'Save and continue',
        onNext: flow.goOn,
        ...(facts.users === 0 && { skip: { what: 'users', onSkip: flow.goOn } }),
      }}
      testLabel="Who is here"
      test={<WhoIsHere flow={flow} />}
    >
      <div className="flex max-w-[520px] flex-col items-start gap-5">
        <Segmented label="How" choices={choices} value={way} onChoose={(people) => change({ people })} />
        <div className="w-full">
          {way === 'create' ? (
            <CreateTenantUser tenantId={tenant.id} tenantName={tenant.name} onCreated={flow.refreshFacts} />
          ) : way === 'invite' ? (
            <InviteTenantUser tenantId={tenant.id} tenantName={tenant.name} />
          ) : (
            <AssignUserPicker tenantId={tenant.id} onAssigned={flow.refreshFacts} />
          )}
        </div>
      </div>
    </OnboardingFrame>
  )
}

function WhoIsHere(props: { flow: TenantFlow }): ReactNode {
  const { tenant } = props.flow
  const users = useQuery(getFirstUsersQueryOptions(useApi(), tenant.id))
  return (
    <div className="flex flex-col gap-3">
      <h2 className="text-[14px]/[20px] font-semibold text-ink">Who is here</h2>
      <QueryPanel what="Its users" query={users} skeleton={<Bone width={180} />}>
        {({ items, more }) =>
          items.length === 0 ? (
            <p className="text-ink-2">
              Nobody yet. {tenant.registration === 'open' && 'People may also register themselves in its frontend. '}
              You can ask it in the next step without any user.
            </p>
          ) : (
            <>
              <ul className="flex flex-col">
                {items.map((user) => (
                  <li key={user.id} className="border-b border-line py-2 last:border-b-0">
                    <p className="truncate font-medium text-ink">{namePerson(user)}</p>
                    <p className="truncate text-meta text-ink-3">{user.full_name ? user.email : 'no name'}</p>
                  </li>
                ))}
              </ul>
              {more > 0 && <p className="text-meta text-ink-3">and {formatPlural(more, 'more user')}</p>}
            </>
          )
        }
      </QueryPanel>
    </div>
  )
}
