import { useId, type ReactNode } from 'react'
import { useForm } from 'react-hook-form'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { TextField } from '../ui/field.tsx'
import { namePerson, type Named } from './people-words.ts'

const nameCharactersMax = 200

/** Asks for somebody's name; an empty one leaves the address to call them by. */
export function RenameDialog(props: {
  person: Named
  onRename: (fullName: string | null) => void
  onCancel: () => void
}): ReactNode {
  const formId = useId()
  const form = useForm({ mode: 'onTouched', defaultValues: { full_name: props.person.full_name ?? '' } })
  const submit = form.handleSubmit(({ full_name }) => props.onRename(full_name.trim() || null))
  return (
    <Dialog
      open
      onClose={props.onCancel}
      title={`Rename ${namePerson(props.person)}`}
      foot={
        <>
          <Button onClick={props.onCancel}>Keep the name</Button>
          <Button kind="primary" type="submit" form={formId}>
            Save name
          </Button>
        </>
      }
    >
      <form id={formId} noValidate onSubmit={(event) => void submit(event)} className="mt-2">
        <TextField
          label="Full name"
          autoComplete="off"
          hint="Left empty, the address stands for the name."
          error={form.formState.errors.full_name?.message}
          {...form.register('full_name', {
            maxLength: { value: nameCharactersMax, message: `${nameCharactersMax} characters at most.` },
          })}
        />
      </form>
    </Dialog>
  )
}
