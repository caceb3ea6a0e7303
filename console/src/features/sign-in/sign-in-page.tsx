import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { useForm } from 'react-hook-form'
import { useApi } from '../../api/api-context.ts'
import { describeProblem, toProblem, type ApiProblem } from '../../api/problem.ts'
import type { EndReason } from '../../api/session.ts'
import { nameReturnPath, paths } from '../../lib/paths.ts'
import { checkEmail } from '../../lib/rules.ts'
import { getOptionsQueryOptions } from '../../panels/options.queries.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { PasswordField } from '../../ui/password-field.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { Entrance } from './entrance.tsx'
import { showRefusals } from './show-refusals.ts'

/** Asks for e-mail and password. Going on after a success is the router's: it hears that a session began. */
export function SignInPage(props: { reason: EndReason | undefined; returnPath: string | undefined }): ReactNode {
  const api = useApi()
  const { data: options } = useQuery(getOptionsQueryOptions(api))
  const [problem, setProblem] = useState<ApiProblem>()
  const form = useForm({ mode: 'onTouched', defaultValues: { email: '', password: '' } })
  const { errors, isSubmitting, isSubmitSuccessful } = form.formState

  const signIn = form.handleSubmit(async ({ email, password }) => {
    try {
      await api.signIn({ email: email.trim(), password })
      setProblem(undefined)
    } catch (thrown) {
      const failure = toProblem(thrown)
      setProblem(showRefusals({ form, problem: failure, names: ['password', 'email'] }))
      if (failure.code !== 'auth.invalid_credentials') return
      form.resetField('password')
      form.setFocus('password')
    }
  })

  return (
    <Entrance title="Sign in" lead={<Lead {...props} />}>
      <ProblemNotice
        words={problem && describeProblem({ problem, attempt: 'sign-in' })}
        waiting={problem?.status === 429}
        className="mt-5"
      />
      <form noValidate onSubmit={(event) => void signIn(event)} className="mt-6 flex flex-col gap-2">
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
        <div className="relative">
          <PasswordField
            label="Password"
            autoComplete="current-password"
            error={errors.password?.message}
            {...form.register('password', { validate: (value) => (value ? true : 'Enter your password.') })}
          />
          {/* After the field in the order of Tab, above it for the eye. */}
          <Link to={paths.forgot} className="link absolute end-0 top-0 text-meta/[20px] no-underline hover:underline">
            Forgot your password?
          </Link>
        </div>
        <Button type="submit" kind="primary" size="large" busy={isSubmitting || isSubmitSuccessful} className="w-full">
          Sign in
        </Button>
      </form>
      {options?.registration === 'open' && (
        <p className="mt-6 text-ink-2">
          No account yet?{' '}
          <Link to={paths.register} className="link">
            Create an account
          </Link>
        </p>
      )}
    </Entrance>
  )
}

/** Why one is here and where one goes on. */
function Lead(props: { reason: EndReason | undefined; returnPath: string | undefined }): ReactNode {
  const place = props.returnPath === undefined ? undefined : (nameReturnPath(props.returnPath) ?? 'where you were')
  const strong = <strong className="font-semibold text-ink">{place}</strong>
  if (props.reason === 'signed-out') return 'You are signed out, in every tab of this browser.'
  if (props.reason === 'expired') {
    return place === undefined ? 'Your session ended.' : <>Your session ended. You return to {strong}.</>
  }
  return place === undefined ? 'To the console of this server.' : <>You go on to {strong}.</>
}
