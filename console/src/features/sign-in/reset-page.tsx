import { useState, type ReactNode } from 'react'
import { useForm, useWatch } from 'react-hook-form'
import { useApi } from '../../api/api-context.ts'
import { ask, type Api } from '../../api/client.ts'
import { describeProblem, toProblem, type ApiProblem } from '../../api/problem.ts'
import { paths } from '../../lib/paths.ts'
import { checkNewPassword, describeNewPassword } from '../../lib/rules.ts'
import { Button } from '../../ui/button.tsx'
import { ButtonLink } from '../../ui/button-link.tsx'
import { PasswordField } from '../../ui/password-field.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { DeadLink, TenantOff } from './dead-link.tsx'
import { Entrance } from './entrance.tsx'
import type { LinkToken } from './link-token.ts'
import { showRefusals } from './show-refusals.ts'
import { TenantDestination } from './tenant-destination.tsx'
import { useLinkToken } from './use-link-token.ts'

type ChangedAccount = Awaited<ReturnType<typeof resetPassword>>

/** Sets a new password by the mailed link: of a platform account, or of a tenant's user. */
export function ResetPage(props: { link: LinkToken | undefined }): ReactNode {
  const token = useLinkToken(paths.reset, props.link)
  const [state, setState] = useState<{ token: string; is: 'dead' | 'off' | Changed }>()
  if (token === undefined || (state?.token === token && state.is === 'dead')) {
    return (
      <DeadLink worksFor="an hour" isMissing={token === undefined}>
        <p className="text-ink-2">
          A change of the password ends it, too. The password is as it was. If you use somebody’s own app, ask for a new
          link there.
        </p>
        <ButtonLink kind="primary" size="large" to={paths.forgot}>
          Ask for a new link
        </ButtonLink>
      </DeadLink>
    )
  }
  if (state?.token !== token) return <ResetForm key={token} token={token} onEnd={(is) => setState({ token, is })} />
  if (state.is === 'off' || state.is === 'dead') return <TenantOff title="Password not changed" />
  return <Done {...state.is} />
}

interface Changed {
  account: ChangedAccount
  isSignedIn: boolean
}

function ResetForm(props: { token: string; onEnd: (is: 'dead' | 'off' | Changed) => void }): ReactNode {
  const { token, onEnd } = props
  const api = useApi()
  const [problem, setProblem] = useState<ApiProblem>()
  const form = useForm({ mode: 'onTouched', defaultValues: { password: '' } })
  const typed = useWatch({ control: form.control, name: 'password' })
  const { errors, isSubmitting, isSubmitSuccessful } = form.formState
  const submit = form.handleSubmit(async ({ password }) => {
    try {
      const account = await resetPassword({ api, token, password })
      onEnd({ account, isSignedIn: await signInAgain({ api, account, password }) })
    } catch (thrown) {
      const failure = toProblem(thrown)
      if (failure.status === 401) onEnd('dead')
      else if (failure.code === 'tenant.inactive') onEnd('off')
      else setProblem(showRefusals({ form, problem: failure, names: ['password'] }))
    }
  })
  return (
    <Entrance title="Choose a new password" lead="It takes the place of the old one, and ends every session.">
      <ProblemNotice
        words={problem && describeProblem({ problem, attempt: 'other' })}
        waiting={problem?.status === 429}
        className="mt-5"
      />
      <form noValidate onSubmit={(event) => void submit(event)} className="mt-6 flex flex-col gap-2">
        <PasswordField
          label="New password"
          autoComplete="new-password"
          autoFocus
          hint={describeNewPassword(typed)}
          error={errors.password?.message}
          {...form.register('password', { validate: (value) => checkNewPassword(value) ?? true })}
        />
        <Button type="submit" kind="primary" size="large" busy={isSubmitting || isSubmitSuccessful} className="w-full">
          Set new password
        </Button>
      </form>
    </Entrance>
  )
}

function Done(props: Changed): ReactNode {
  const { account, isSignedIn } = props
  const { email, tenant_name: name, tenant_origins: origins } = account
  return (
    <Entrance
      title="Password changed"
      lead={isSignedIn ? 'You are signed in here. Every session from before has ended.' : 'Every session has ended.'}
    >
      {name === null ? (
        <div className="mt-5">
          <ButtonLink kind="primary" size="large" to={isSignedIn ? paths.home : paths.signIn}>
            {isSignedIn ? 'Go to the console' : 'Sign in'}
          </ButtonLink>
        </div>
      ) : (
        <TenantDestination name={name} email={email} origins={origins} />
      )}
    </Entrance>
  )
}

function resetPassword(options: { api: Api; token: string; password: string }) {
  const { api, token, password } = options
  return ask(api.open.auth.password.reset.post({ token, password }))
}

/** Goes on as whoever has just chosen a password of this console; false when that has to be done by hand. */
async function signInAgain(options: { api: Api; account: ChangedAccount; password: string }): Promise<boolean> {
  const { api, account, password } = options
  if (account.scope !== 'core') return false
  try {
    await api.signIn({ email: account.email, password })
    return true
  } catch {
    // The password is changed all the same; the sign-in page says what is in the way.
    api.session.expire()
    return false
  }
}
