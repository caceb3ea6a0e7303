import { useState, type ReactNode } from 'react'
import { useForm, useWatch } from 'react-hook-form'
import { describeProblem, findRefusals, toProblem, type ApiProblem } from '../api/problem.ts'
import { checkEmail, checkNewPassword, describeNewPassword } from '../lib/rules.ts'
import { suggestPassword } from '../lib/suggest-password.ts'
import { TextField } from '../ui/field.tsx'
import { ProblemNotice } from '../ui/problem-notice.tsx'
import { SuggestedPasswordField } from '../ui/suggested-password-field.tsx'
import type { NewPerson } from './people-queries.ts'

const names = ['email', 'full_name', 'password'] as const
const nameCharactersMax = 200

/** A password nobody has thought of. */
export function suggest(): string {
  return suggestPassword((bytes) => crypto.getRandomValues(new Uint8Array(bytes)))
}

/**
 * The fields of a new user: address, name and a password, which is suggested. Has no button of its own: give one
 * `type="submit" form={id}`. `onSubmit` rejects when the server refused; the reason then stands at its field. It is told
 * whether the password is the suggested one, which nobody knows yet and has to be handed over.
 */
export function NewPersonForm(props: {
  id: string
  /** What an address that is taken means here. */
  taken: string
  emailHint?: string
  onSubmit: (person: NewPerson, password: { isSuggested: boolean }) => Promise<unknown>
  /** Further fields, below. */
  children?: ReactNode
}): ReactNode {
  const [suggestion, setSuggestion] = useState(suggest)
  const [problem, setProblem] = useState<ApiProblem>()
  const form = useForm<NewPerson>({
    mode: 'onTouched',
    defaultValues: { email: '', full_name: '', password: suggestion },
  })
  const { errors } = form.formState
  const password = useWatch({ control: form.control, name: 'password' })
  const isSuggested = password === suggestion
  const findOwnRefusals = (refused: ApiProblem): { name: keyof NewPerson; message: string }[] =>
    refused.code === 'user.email_taken'
      ? [{ name: 'email', message: props.taken }]
      : findRefusals({ problem: refused, names })
  const submit = form.handleSubmit(async (person) => {
    setProblem(undefined)
    try {
      await props.onSubmit(person, { isSuggested: person.password === suggestion })
    } catch (thrown) {
      const refused = toProblem(thrown)
      const refusals = findOwnRefusals(refused)
      for (const { name, message } of refusals) form.setError(name, { message }, { shouldFocus: true })
      if (refusals.length === 0) setProblem(refused)
    }
  })
  return (
    <form id={props.id} noValidate onSubmit={(event) => void submit(event)} className="flex flex-col gap-2">
      <ProblemNotice
        className="mb-2"
        words={problem && describeProblem({ problem, attempt: 'people' })}
        waiting={problem?.status === 429}
      />
      <TextField
        label="E-mail"
        type="email"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        hint={props.emailHint}
        error={errors.email?.message}
        {...form.register('email', { validate: (value) => checkEmail(value) ?? true })}
      />
      <TextField
        label="Full name"
        optional
        autoComplete="off"
        error={errors.full_name?.message}
        {...form.register('full_name', {
          maxLength: { value: nameCharactersMax, message: `${nameCharactersMax} characters at most.` },
        })}
      />
      <SuggestedPasswordField
        label="Password"
        isSuggested={isSuggested}
        onSuggest={() => {
          const next = suggest()
          setSuggestion(next)
          form.setValue('password', next, { shouldValidate: true })
        }}
        hint={isSuggested ? 'Suggested. You can copy it once the user is made.' : describeNewPassword(password)}
        error={errors.password?.message}
        {...form.register('password', { validate: (value) => checkNewPassword(value) ?? true })}
      />
      {props.children}
    </form>
  )
}
