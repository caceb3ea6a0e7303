import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useForm, useWatch } from 'react-hook-form'
import { useApi } from '../../api/api-context.ts'
import type { User } from '../../api/client.ts'
import { describeProblem, findRefusals, toProblem } from '../../api/problem.ts'
import { checkNewPassword, describeNewPassword } from '../../lib/rules.ts'
import { PasswordField } from '../../ui/password-field.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { SaveRow } from './save-row.tsx'

const empty = { current_password: '', password: '' }

/** Replaces the password; the current one proves who asks. */
export function PasswordForm(props: { user: User }): ReactNode {
  const api = useApi()
  const form = useForm({ mode: 'onTouched', defaultValues: empty })
  const change = useMutation({
    mutationFn: (passwords: typeof empty) => api.updateMe(passwords),
    onSuccess: () => form.reset(empty),
    onError: (thrown) => {
      const failure = toProblem(thrown)
      for (const { name, message } of findRefusals({ problem: failure, names: ['password', 'current_password'] })) {
        form.setError(name, { message }, { shouldFocus: true })
      }
      if (failure.code !== 'auth.invalid_credentials') return
      form.resetField('current_password')
      form.setFocus('current_password')
    },
  })
  const typed = useWatch({ control: form.control, name: 'password' })
  const { errors, isDirty } = form.formState

  const submit = form.handleSubmit((passwords) => change.mutate(passwords))
  const problem = change.error && toProblem(change.error)
  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      <ProblemNotice
        words={problem ? describeProblem({ problem, attempt: 'change-password' }) : undefined}
        waiting={problem?.status === 429}
      />
      {/* Tells a password manager whose password this is. */}
      <input type="email" autoComplete="username" value={props.user.email} readOnly hidden />
      <PasswordField
        label="Current password"
        autoComplete="current-password"
        error={errors.current_password?.message}
        {...form.register('current_password', { validate: (value) => (value ? true : 'Enter your current password.') })}
      />
      <PasswordField
        label="New password"
        autoComplete="new-password"
        hint={describeNewPassword(typed)}
        error={errors.password?.message}
        {...form.register('password', { validate: (value) => checkNewPassword(value) ?? true })}
      />
      <SaveRow
        verb="Change password"
        dirty={isDirty}
        busy={change.isPending}
        done={change.isSuccess && !isDirty ? 'Changed' : undefined}
      />
    </form>
  )
}
