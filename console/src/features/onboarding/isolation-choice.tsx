import type { ReactNode } from 'react'
import { ChoiceCards } from '../../ui/choice-cards.tsx'

/** Where a tenant's rows live. */
export type Isolation = 'pooled' | 'dedicated'

const choices = [
  {
    value: 'pooled',
    label: 'Shared database',
    note: 'Its rows lie beside those of others, kept apart by the database itself. Ready at once.',
  },
  {
    value: 'dedicated',
    label: 'Own database',
    note: 'A database and a login of its own: another’s load or mistake cannot reach it. Takes a moment and 8 MB.',
  },
] as const

/** Chooses where a new tenant lives; it can be moved later. */
export function IsolationChoice(props: { value: Isolation; onChoose: (isolation: Isolation) => void }): ReactNode {
  return (
    <ChoiceCards
      label="Where its data lives"
      value={props.value}
      choices={choices}
      onChoose={props.onChoose}
      hint="It can be moved later, while it is served."
    />
  )
}
