import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { useForm, useWatch } from 'react-hook-form'
import { useApi } from '../../api/api-context.ts'
import { ask } from '../../api/client.ts'
import { describeProblem, toProblem, type ApiProblem } from '../../api/problem.ts'
import { paths } from '../../lib/paths.ts'
import { checkEmail, checkNewPassword, describeNewPassword } from '../../lib/rules.ts'
import { getOptionsQueryOptions } from '../../panels/options.queries.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { PasswordField } from '../../ui/password-field.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { Entrance } from './entrance.tsx'
import { showRefusals } from './show-refusals.ts'

const names = ['email', 'full_name', 'password'] as const

/** Makes an account for somebody who wants an organization here, and signs in with it. */
export function RegisterPage(): ReactNode {
  const options = useQuery(getOptionsQueryOptions(useApi()))
  const [isClosed, setClosed] = useState(false)
  if (isClosed || options.data?.registration === 'closed') return <Closed />
  return <RegisterForm onClosed={() => setClosed(true)} />
}

function RegisterForm(props: { onClosed: () => void }): ReactNode {
  const api = useApi()
  const [problem, setProblem] = useState<ApiProblem>()
  const [isMade, setMade] = useState(false)
  const form = useForm({ mode: 'onTouched', defaultValues: { email: '', full_name: '', password: '' } })
  const typed = useWatch({ control: form.control, name: 'password' })
  const { errors, isSubmitting, isSubmitSuccessful } = form.formState

  const register = form.handleSubmit(async ({ email, full_name, password }) => {
    try {
      const name = full_name.trim()
      const person = { email: email.trim(), password }
      if (!isMade) await ask(api.open.auth.register.post({ ...person, ...(name && { full_name: name }) }))
      // Only signing in is tried again when that alone failed.
      setMade(true)
      await api.signIn(person)
    } catch (thrown) {
      const failure = toProblem(thrown)
      if (failure.code === 'registration.closed') return props.onClosed()
      setProblem(showRefusals({ form, problem: failure, names }))
    }
  })

  return (
    <Entrance
      title="Create an account"
      lead="For your own organization: its assistant, its users, its keys. You name it once your address is verified."
    >
      <ProblemNotice
        words={problem && describeProblem({ problem, attempt: isMade ? 'sign-in' : 'register' })}
        waiting={problem?.status === 429}
        className="mt-5"
      />
      <form noValidate onSubmit={(event) => void register(event)} className="mt-6 flex flex-col gap-2">
        <TextField
          label="E-mail"
          type="email"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          error={errors.email?.message}
          {...form.register('email', { validate: (value) => checkEmail(value) ?? true })}
        />
        <TextField
          label="Full name"
          optional
          autoComplete="name"
          error={errors.full_name?.message}
          {...form.register('full_name')}
        />
        <PasswordField
          label="Password"
          autoComplete="new-password"
          hint={describeNewPassword(typed)}
          error={errors.password?.message}
          {...form.register('password', { validate: (value) => checkNewPassword(value) ?? true })}
        />
        <Button type="submit" kind="primary" size="large" busy={isSubmitting || isSubmitSuccessful} className="w-full">
          {isMade ? 'Sign in' : 'Create account'}
        </Button>
      </form>
      <p className="mt-6 text-ink-2">
        Have an account already?{' '}
        <Link to={paths.signIn} className="link">
          Sign in
        </Link>
        {problem?.code === 'user.email_taken' && (
          <>
            {' or '}
            <Link to={paths.forgot} className="link">
              set a new password
            </Link>
          </>
        )}
      </p>
    </Entrance>
  )
}

function Closed(): ReactNode {
  return (
    <Entrance title="Registration is closed" lead="The people who run this server make its accounts themselves.">
      <p className="mt-5 text-ink-2">
        Ask them for an account, or for an invite. Have one already?{' '}
        <Link to={paths.signIn} className="link">
          Sign in
        </Link>
      </p>
    </Entrance>
  )
}
