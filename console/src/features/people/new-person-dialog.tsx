import { useState, type ReactNode } from 'react'
import { NewPersonDialog } from '../../panels/people-new-dialog.tsx'
import { roles, roleWords } from '../../panels/people-words.ts'
import { SelectField } from '../../ui/select-field.tsx'
import { useCreatePerson } from './use-people.ts'

const choices = roles.toReversed().map((role) => ({ value: role, label: roleWords[role].label }))

/** Makes a platform user with a role. */
export function NewPlatformUserDialog(props: { open: boolean; onClose: () => void }): ReactNode {
  return props.open ? <OpenDialog onClose={props.onClose} /> : null
}

function OpenDialog(props: { onClose: () => void }): ReactNode {
  const create = useCreatePerson()
  const [chosen, setChosen] = useState<string>('plain')
  const role = roles.find((one) => one === chosen) ?? 'plain'
  return (
    <NewPersonDialog
      title="New user"
      description="An account of this server. It can be assigned to a tenant once it is made."
      taken="A user of this server has this address already. Use another one."
      busy={create.isPending}
      onCreate={(person) => create.mutateAsync({ person, role })}
      onClose={props.onClose}
    >
      <SelectField
        label="Role"
        choices={choices}
        hint={roleWords[role].note}
        value={role}
        onChange={(event) => setChosen(event.target.value)}
      />
    </NewPersonDialog>
  )
}
