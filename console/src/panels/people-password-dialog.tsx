import { useId, useState, type ReactNode } from 'react'
import { useForm, useWatch } from 'react-hook-form'
import { describeProblem, findRefusals, toProblem, type ApiProblem } from '../api/problem.ts'
import { checkNewPassword, describeNewPassword } from '../lib/rules.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { ProblemNotice } from '../ui/problem-notice.tsx'
import { SuggestedPasswordField } from '../ui/suggested-password-field.tsx'
import { useToasts } from '../ui/toasts.ts'
import { HandoverDialog } from './people-new-dialog.tsx'
import { suggest } from './people-new-form.tsx'
import { namePerson, type Named } from './people-words.ts'

/** Gives somebody a new password, then shows a suggested one once. `onSave` rejects when the server refused. */
export function NewPasswordDialog(props: {
  person: Named
  onSave: (password: string) => Promise<unknown>
  /** Called when it is given up. */
  onCancel: () => void
  /** Called when the password is set and, if it was suggested, has been seen. */
  onDone: () => void
}): ReactNode {
  const formId = useId()
  const toasts = useToasts()
  const [suggestion, setSuggestion] = useState(suggest)
  const [problem, setProblem] = useState<ApiProblem>()
  const [handover, setHandover] = useState<string>()
  const form = useForm({ mode: 'onTouched', defaultValues: { password: suggestion } })
  const { errors, isSubmitting } = form.formState
  const typed = useWatch({ control: form.control, name: 'password' })
  const name = namePerson(props.person)
  const submit = form.handleSubmit(async ({ password }) => {
    setProblem(undefined)
    try {
      await props.onSave(password)
    } catch (thrown) {
      const refused = toProblem(thrown)
      const [refusal] = findRefusals({ problem: refused, names: ['password'] })
      if (refusal) form.setError('password', { message: refusal.message }, { shouldFocus: true })
      else setProblem(refused)
      return
    }
    if (password === suggestion) {
      setHandover(password)
      return
    }
    toasts.done(`New password set for ${name}`)
    props.onDone()
  })
  if (handover !== undefined) {
    return (
      <HandoverDialog
        title={`New password for ${name}`}
        user={props.person}
        password={handover}
        onClose={props.onDone}
      />
    )
  }
  return (
    <FormDialog
      onClose={props.onCancel}
      title={`Set a new password for ${name}`}
      description="The old one stops working and every session ends."
      formId={formId}
      cancel="Keep the old one"
      verb="Set password"
      busy={isSubmitting}
    >
      <form id={formId} noValidate onSubmit={(event) => void submit(event)} className="mt-4">
        <ProblemNotice className="mb-4" words={problem && describeProblem({ problem, attempt: 'people' })} />
        {/* Tells a password manager whose password this is. */}
        <input type="email" autoComplete="username" value={props.person.email} readOnly hidden />
        <SuggestedPasswordField
          label="New password"
          isSuggested={typed === suggestion}
          onSuggest={() => {
            const next = suggest()
            setSuggestion(next)
            form.setValue('password', next, { shouldValidate: true })
          }}
          hint={typed === suggestion ? 'Suggested. You can copy it once it is set.' : describeNewPassword(typed)}
          error={errors.password?.message}
          {...form.register('password', { validate: (value) => checkNewPassword(value) ?? true })}
        />
      </form>
    </FormDialog>
  )
}
