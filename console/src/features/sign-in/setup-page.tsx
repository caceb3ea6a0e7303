import { useState, type ReactNode } from 'react'
import { useForm, useWatch } from 'react-hook-form'
import { useApi } from '../../api/api-context.ts'
import { describeProblem, toProblem, type ApiProblem } from '../../api/problem.ts'
import { paths } from '../../lib/paths.ts'
import { checkEmail, checkNewPassword, describeNewPassword, findLinkToken } from '../../lib/rules.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { Notice } from '../../ui/notice.tsx'
import { PasswordField } from '../../ui/password-field.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { Entrance } from './entrance.tsx'
import { showRefusals } from './show-refusals.ts'
import type { LinkToken } from './link-token.ts'
import { useLinkToken } from './use-link-token.ts'

/** Makes the first superuser. The token came in the fragment, or is pasted here. */
export function SetupPage(props: { link: LinkToken | undefined; signInLink: ReactNode }): ReactNode {
  const token = useLinkToken(paths.setup, props.link)
  const [isTaken, setTaken] = useState(false)

  if (isTaken) {
    return (
      <Entrance title="Already set up" lead="This server has its first superuser, so this page has nothing left to do.">
        <p className="mt-5 text-ink-2">
          Was it you? {props.signInLink} Otherwise ask whoever runs this server for an account.
        </p>
      </Entrance>
    )
  }
  return <SetupForm key={token} token={token} onTaken={() => setTaken(true)} />
}

function SetupForm(props: { token: string | undefined; onTaken: () => void }): ReactNode {
  const api = useApi()
  const [problem, setProblem] = useState<ApiProblem>()
  const [needsToken, setNeedsToken] = useState(props.token === undefined)
  const form = useForm({
    mode: 'onTouched',
    defaultValues: { pasted: props.token ?? '', email: '', full_name: '', password: '' },
  })
  const typed = useWatch({ control: form.control, name: 'password' })
  const { errors, isSubmitting, isSubmitSuccessful } = form.formState

  const setUp = form.handleSubmit(async ({ pasted, email, full_name, password }) => {
    try {
      const name = full_name.trim()
      const token = findLinkToken(pasted) ?? ''
      await api.setUp({ token, email: email.trim(), password, ...(name && { full_name: name }) })
    } catch (thrown) {
      const failure = toProblem(thrown)
      if (failure.status === 404) return props.onTaken()
      setProblem(showRefusals({ form, problem: failure, names: ['password', 'full_name', 'email'] }))
      if (failure.code !== 'auth.setup_token_invalid') return
      setNeedsToken(true)
      form.resetField('pasted', { defaultValue: '' })
    }
  })

  return (
    <Entrance
      title="Make the first superuser"
      lead="Nobody has an account here yet. A superuser sees and changes every tenant of this server."
    >
      {needsToken && problem === undefined && (
        <div className="mt-5">
          <Notice tone="warn" icon="attention" title="The one-time token is missing.">
            <code className="font-mono text-meta">bun dev</code> prints a link in its terminal: open that, or paste it
            below.
          </Notice>
        </div>
      )}
      <ProblemNotice
        words={problem && describeProblem({ problem, attempt: 'set-up' })}
        waiting={problem?.status === 429}
        className="mt-5"
      />
      <form noValidate onSubmit={(event) => void setUp(event)} className="mt-6 flex flex-col gap-2">
        {needsToken && (
          <TextField
            label="Link or token"
            hint="It lasts one hour and works once."
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            autoFocus
            error={errors.pasted?.message}
            {...form.register('pasted', {
              validate: (value) => findLinkToken(value) !== undefined || 'Paste the link from the terminal.',
            })}
          />
        )}
        <TextField
          label="E-mail"
          type="email"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus={!needsToken}
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
        <Button
          type="submit"
          kind="primary"
          size="large"
          busy={isSubmitting || isSubmitSuccessful}
          className="mt-2 w-full"
        >
          Make superuser
        </Button>
      </form>
    </Entrance>
  )
}
