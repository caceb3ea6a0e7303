import type { ReactNode } from 'react'
import { formatPlural } from '../../lib/numbers.ts'
import { takesTenants, useServers } from '../../panels/use-servers.ts'
import { ChoiceCards } from '../../ui/choice-cards.tsx'
import { SelectField } from '../../ui/select-field.tsx'

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

/** Chooses where a new tenant lives, and on which server where there are several; it can be moved later. */
export function IsolationChoice(props: {
  value: Isolation
  /** A server's id; '' is wherever there is most room. */
  server: string
  onChoose: (chosen: { isolation: Isolation; server: string }) => void
}): ReactNode {
  const { value, server, onChoose } = props
  const { servers } = useServers(true)
  const offered = servers.filter(takesTenants)
  return (
    <>
      <ChoiceCards
        label="Where its data lives"
        value={value}
        choices={choices}
        onChoose={(isolation) => onChoose({ isolation, server })}
        hint="It can be moved later, while it is served."
      />
      {value === 'dedicated' && servers.length > 1 && (
        <SelectField
          label="Database server"
          hint="Servers that drain or are full are left out."
          // One that takes no more tenants since it was chosen is none of the choices.
          value={offered.some(({ id }) => id === server) ? server : ''}
          choices={[
            { value: '', label: 'Wherever there is most room' },
            ...offered.map(({ id, name, tenants }) => ({
              value: id,
              label: `${name}, ${formatPlural(tenants, 'tenant')} now`,
            })),
          ]}
          onChange={(event) => onChoose({ isolation: value, server: event.target.value })}
        />
      )}
    </>
  )
}
