import { useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { describeProblem, toProblem } from '../../api/problem.ts'
import { getTenantQueryOptions, useChangeTenant, type Tenant } from '../../panels/tenant.queries.ts'
import { ChoiceCards } from '../../ui/choice-cards.tsx'
import { useToasts } from '../../ui/toasts.ts'

type Registration = Tenant['registration']

const choices = [
  {
    value: 'open',
    label: 'Anybody may register',
    note: 'Whoever reaches its frontend can make an account there, at most 30 an hour and address.',
  },
  {
    value: 'invited',
    label: 'Only who is invited',
    note: 'Accounts come from invites and from the people who manage it. Registering is refused.',
  },
] as const

const outcomes: Record<Registration, string> = {
  open: 'Anybody may register now',
  invited: 'Only invited people get accounts now',
}

/** Chooses who may become a user; saved as it is chosen, and taken back with one press. */
export function RegistrationChoice(props: { tenant: Tenant }): ReactNode {
  const { tenant } = props
  const change = useChangeTenant(tenant.id)
  const queryClient = useQueryClient()
  const toasts = useToasts()
  const { queryKey } = getTenantQueryOptions(useApi(), tenant.id)
  const show = (registration: Registration): void => {
    queryClient.setQueryData(queryKey, (old) => old && { ...old, registration })
  }
  const choose = async (chosen: { registration: Registration; before: Registration }): Promise<void> => {
    const { registration, before } = chosen
    // An answer under way would bring the former choice back.
    await queryClient.cancelQueries({ queryKey, exact: true })
    show(registration)
    try {
      await change.mutateAsync({ registration })
      toasts.done(outcomes[registration], {
        undo: () => void choose({ registration: before, before: registration }),
      })
    } catch (thrown) {
      show(before)
      const { title, advice } = describeProblem({ problem: toProblem(thrown), attempt: 'other' })
      toasts.failed('Registration was not changed', { detail: `${title} ${advice}` })
    }
  }
  return (
    <ChoiceCards
      label="Registration"
      value={tenant.registration}
      choices={choices}
      onChoose={(registration) => void choose({ registration, before: tenant.registration })}
      column
    />
  )
}
