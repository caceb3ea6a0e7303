import { useId, useState, type ReactNode } from 'react'
import type { User } from '../api/client.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { useToasts } from '../ui/toasts.ts'
import { PasswordHandover } from './people-handover.tsx'
import { NewPersonForm } from './people-new-form.tsx'
import type { NewPerson } from './people-queries.ts'
import { namePerson } from './people-words.ts'

/** Makes a user in a dialog, then shows a suggested password once, to be handed over. */
export function NewPersonDialog(props: {
  title: string
  description: ReactNode
  mark?: ReactNode
  /** What an address that is taken means here. */
  taken: string
  busy: boolean
  onCreate: (person: NewPerson) => Promise<User>
  onClose: () => void
  /** Further fields. */
  children?: ReactNode
}): ReactNode {
  const formId = useId()
  const toasts = useToasts()
  const [made, setMade] = useState<{ user: User; password: string }>()
  const create = async (person: NewPerson, { isSuggested }: { isSuggested: boolean }): Promise<void> => {
    const user = await props.onCreate(person)
    if (isSuggested) {
      setMade({ user, password: person.password })
      return
    }
    toasts.done(`${namePerson(user)} created`)
    props.onClose()
  }
  if (made) {
    return <HandoverDialog title={`${namePerson(made.user)} created`} {...made} onClose={props.onClose} />
  }
  return (
    <FormDialog
      onClose={props.onClose}
      title={props.title}
      mark={props.mark}
      description={props.description}
      formId={formId}
      cancel="Cancel"
      verb="Create user"
      busy={props.busy}
    >
      <div className="mt-4">
        <NewPersonForm id={formId} taken={props.taken} onSubmit={create}>
          {props.children}
        </NewPersonForm>
      </div>
    </FormDialog>
  )
}

/** A password that was just set, in a dialog of its own; pressing beside it does not lose it. */
export function HandoverDialog(props: {
  title: string
  user: { email: string }
  password: string
  onClose: () => void
}): ReactNode {
  return (
    <Dialog
      open
      keep
      onClose={props.onClose}
      title={props.title}
      description="They can sign in with this at once."
      foot={
        <Button kind="primary" onClick={props.onClose}>
          Close
        </Button>
      }
    >
      <div className="mt-4">
        <PasswordHandover email={props.user.email} password={props.password} />
      </div>
    </Dialog>
  )
}
