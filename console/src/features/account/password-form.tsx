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

const fieldNames = ['password', 'current_password'] as const
const empty = { current_password: '', password: '', attempted: false }

/** Passing through an empty form is no mistake; sending it is. */
function isPassedThrough(all: typeof empty): boolean {
  return !all.attempted && all.current_password === '' && all.password === ''
}

/** Replaces the password; the current one proves who asks. */
export function PasswordForm(props: { user: User }): ReactNode {
  const api = useApi()
  const form = useForm({ mode: 'onTouched', defaultValues: empty })
  const change = useMutation({
    mutationFn: ({ current_password, password }: typeof empty) => api.updateMe({ current_password, password }),
    onSuccess: () => form.reset(empty),
    onError: (thrown) => {
      for (const { name, message } of findRefusals({ problem: toProblem(thrown), names: fieldNames })) {
        form.setError(name, {
          message: name === 'current_password' ? 'This is not your current password.' : message,
        })
        // Selected, so that typing replaces what was refused.
        form.setFocus(name, { shouldSelect: true })
      }
    },
  })
  const typed = useWatch({ control: form.control, name: 'password' })
  const { errors, isDirty } = form.formState

  const submit = form.handleSubmit((passwords) => change.mutate(passwords))
  const problem = change.error && toProblem(change.error)
  const isMarked = problem && findRefusals({ problem, names: fieldNames }).length > 0
  return (
    <form
      noValidate
      onSubmit={(event) => {
        form.setValue('attempted', true)
        void submit(event)
      }}
      className="flex flex-col gap-2"
    >
      <ProblemNotice
        className="mb-2"
        words={problem && !isMarked ? describeProblem({ problem, attempt: 'other' }) : undefined}
        waiting={problem?.status === 429}
      />
      {/* Tells a password manager whose password this is. */}
      <input type="email" autoComplete="username" value={props.user.email} readOnly hidden />
      <PasswordField
        label="Current password"
        autoComplete="current-password"
        error={errors.current_password?.message}
        {...form.register('current_password', {
          validate: (value, all) => value !== '' || isPassedThrough(all) || 'Enter your current password.',
        })}
      />
      <PasswordField
        label="New password"
        autoComplete="new-password"
        hint={describeNewPassword(typed)}
        error={errors.password?.message}
        {...form.register('password', {
          validate: (value, all) => isPassedThrough(all) || (checkNewPassword(value) ?? true),
        })}
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
