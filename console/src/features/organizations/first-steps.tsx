import type { ReactNode } from 'react'
import type { User } from '../../api/client.ts'
import { paths } from '../../lib/paths.ts'
import { VerifyAddress } from '../../panels/verify-address.tsx'
import { ButtonLink } from '../../ui/button-link.tsx'
import { EmptyHouse } from '../../ui/empty-house.tsx'
import { Icon, type IconName } from '../../ui/icons.tsx'

/** The first thing an owner sees: the way to a first answer, and what of it is next. */
export function FirstSteps(props: { user: User }): ReactNode {
  const { email, is_verified: isVerified } = props.user
  return (
    <div className="mx-auto flex max-w-[620px] flex-col px-6 py-12 phone:px-4 phone:py-8">
      <EmptyHouse />
      <h2 className="mt-4 text-[16px]/[24px] font-semibold tracking-[-.015em] text-ink">
        {isVerified ? 'Create your first organization' : 'Verify your address'}
      </h2>
      <p className="text-ink-2">Three steps to an assistant that answers.</p>
      <ol className="mt-6 border-t border-line">
        <Step
          name="Verify your address"
          state={isVerified ? 'done' : 'next'}
          note={isVerified ? `${email} is yours.` : undefined}
        >
          <VerifyAddress email={email} />
        </Step>
        <Step
          name="Create your first organization"
          state={isVerified ? 'next' : 'later'}
          note="An assistant of your own, in a database of its own."
        >
          <ButtonLink kind="primary" to={paths.newTenant}>
            <Icon name="plus" className="shrink-0" />
            Create organization
          </ButtonLink>
        </Step>
        <Step
          name="Ask it a first question"
          state="later"
          note="Its prompt, its model, its users and a first answer, step by step."
        />
      </ol>
    </div>
  )
}

const marks: Record<StepState, IconName> = { done: 'check', next: 'arrow-right', later: 'todo' }
type StepState = 'done' | 'next' | 'later'

function Step(props: { name: string; state: StepState; note?: string; children?: ReactNode }): ReactNode {
  const { name, state, note } = props
  return (
    <li aria-current={state === 'next' ? 'step' : undefined} className="flex gap-3 border-b border-line py-4">
      <Icon
        name={marks[state]}
        className={`mt-[2px] size-[16px] shrink-0 ${state === 'later' ? 'text-ink-3' : 'text-accent-text'}`}
      />
      <div className="min-w-0 flex-1">
        <h3 className={state === 'later' ? 'font-medium text-ink-2' : 'font-medium text-ink'}>
          {name}
          {state === 'done' && <span className="sr-only"> (done)</span>}
        </h3>
        {note !== undefined && <p className="text-ink-3">{note}</p>}
        {state === 'next' && props.children !== undefined && <div className="mt-2">{props.children}</div>}
      </div>
    </li>
  )
}
