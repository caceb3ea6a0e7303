import type { ReactNode } from 'react'
import { formatCount } from '../../lib/numbers.ts'
import { ChoiceMenu } from '../../ui/choice-menu.tsx'
import { ListBar } from '../../ui/list-bar.tsx'
import type { PeopleState } from './people.view.ts'

/** The orders of the list, in words. */
export const sorts = [
  { value: '-created_at', label: 'Created, newest first' },
  { value: 'created_at', label: 'Created, oldest first' },
  { value: 'email', label: 'E-mail, A to Z' },
  { value: '-email', label: 'E-mail, Z to A' },
] as const

const states = [
  { value: 'any', label: 'Any state' },
  { value: 'active', label: 'Not switched off' },
  { value: 'off', label: 'Switched off' },
  { value: 'unverified', label: 'Not verified' },
] as const

/** Search, state and order of the list; `matches` is said when the list is narrowed. */
export function PeopleBar(props: {
  view: PeopleState
  matches: number | undefined
  onChange: (changes: Partial<PeopleState>, how?: { typing?: boolean }) => void
}): ReactNode {
  const { view, matches, onChange } = props
  return (
    <ListBar
      label="Name or e-mail"
      view={view}
      sorts={sorts}
      said={matches !== undefined && `${formatCount(matches)} match`}
      onChange={onChange}
    >
      <ChoiceMenu
        label="State"
        icon="filter"
        keys="F"
        value={view.state}
        choices={states}
        onChoose={(state) => onChange({ state })}
      />
    </ListBar>
  )
}
