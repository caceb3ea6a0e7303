import type { ReactNode } from 'react'
import { formatCount } from '../../lib/numbers.ts'
import { Bar } from '../../ui/bar.tsx'
import { ChoiceMenu } from '../../ui/choice-menu.tsx'
import { ListBar } from '../../ui/list-bar.tsx'
import type { TenantUsersState } from './tenant-users.view.ts'

/** The orders of the list, in words. */
export const sorts = [
  { value: '-created_at', label: 'Newest first' },
  { value: 'created_at', label: 'Oldest first' },
  { value: 'email', label: 'E-mail, A to Z' },
  { value: '-email', label: 'E-mail, Z to A' },
] as const

const kinds = [
  { value: 'both', label: 'Who belongs here', note: 'Its own users, its owner, and those assigned to it.' },
  { value: 'own', label: 'Own users', note: 'Sign in here and nowhere else.' },
  { value: 'linked', label: 'Platform users', note: 'Assigned, its owner, and superusers who tried it.' },
] as const

const states = [
  { value: 'any', label: 'Any state' },
  { value: 'on', label: 'Not switched off' },
  { value: 'off', label: 'Switched off' },
] as const

/** Search, kind, state and order of the list; `matches` is said when the list is narrowed. */
export function TenantUsersBar(props: {
  view: TenantUsersState
  matches: number | undefined
  onChange: (changes: Partial<TenantUsersState>, how?: { typing?: boolean }) => void
}): ReactNode {
  const { view, matches, onChange } = props
  return (
    <Bar>
      <ListBar
        label="Name or e-mail"
        view={view}
        sorts={sorts}
        said={matches !== undefined && `${formatCount(matches)} match`}
        onChange={onChange}
      >
        <ChoiceMenu
          label="Kind"
          icon="filter"
          keys="F"
          value={view.kind}
          choices={kinds}
          onChoose={(kind) => onChange({ kind })}
        />
        <ChoiceMenu label="State" value={view.state} choices={states} onChoose={(state) => onChange({ state })} />
      </ListBar>
    </Bar>
  )
}
