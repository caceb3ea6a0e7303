import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { useForm } from 'react-hook-form'
import { useApi } from '../../api/api-context.ts'
import { ask } from '../../api/client.ts'
import { describeProblem, toProblem, type ApiProblem } from '../../api/problem.ts'
import { paths } from '../../lib/paths.ts'
import { checkEmail } from '../../lib/rules.ts'
import { describeMailWay } from '../../panels/mail-words.ts'
import { getOptionsQueryOptions } from '../../panels/options.queries.ts'
import { ResendButton } from '../../panels/resend-button.tsx'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { Entrance } from './entrance.tsx'
import { showRefusals } from './show-refusals.ts'

/** Asks for a link to set a new password. What follows is the same whether or not the address has an account. */
export function ForgotPage(): ReactNode {
  const api = useApi()
  const [askedFor, setAskedFor] = useState<string>()
  const askForLink = (email: string) => ask(api.open.auth.password.forgot.post({ email }))
  if (askedFor !== undefined) {
    return <Waiting email={askedFor} onSend={() => askForLink(askedFor)} onOther={() => setAskedFor(undefined)} />
  }
  return (
    <ForgotForm
      onAsk={async (email) => {
        await askForLink(email)
        setAskedFor(email)
      }}
    />
  )
}

function ForgotForm(props: { onAsk: (email: string) => Promise<void> }): ReactNode {
  const [problem, setProblem] = useState<ApiProblem>()
  const form = useForm({ mode: 'onTouched', defaultValues: { email: '' } })
  const { errors, isSubmitting } = form.formState
  const submit = form.handleSubmit(async ({ email }) => {
    try {
      await props.onAsk(email.trim())
    } catch (thrown) {
      setProblem(showRefusals({ form, problem: toProblem(thrown), names: ['email'] }))
    }
  })
  return (
    <Entrance title="Set a new password" lead="You get a link to choose one. It works for an hour, and once.">
      <ProblemNotice
        words={problem && describeProblem({ problem, attempt: 'mail' })}
        waiting={problem?.status === 429}
        className="mt-5"
      />
      <form noValidate onSubmit={(event) => void submit(event)} className="mt-6 flex flex-col gap-2">
        <TextField
          label="E-mail"
          type="email"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          hint="Of your account at this console."
          error={errors.email?.message}
          {...form.register('email', { validate: (value) => checkEmail(value) ?? true })}
        />
        <Button type="submit" kind="primary" size="large" busy={isSubmitting} className="w-full">
          Ask for the link
        </Button>
      </form>
      <BackToSignIn />
    </Entrance>
  )
}

function Waiting(props: { email: string; onSend: () => Promise<unknown>; onOther: () => void }): ReactNode {
  const { data: options } = useQuery(getOptionsQueryOptions(useApi()))
  return (
    <Entrance
      title={options === undefined || options.mail === 'sent' ? 'Look into your mail' : 'The link is waiting'}
      lead={
        <>
          If <strong className="font-semibold wrap-anywhere text-ink">{props.email}</strong> has an account here, there
          is a link for it now. {describeMailWay(options?.mail)}
        </>
      }
    >
      <div className="mt-6 flex flex-col items-start gap-3">
        <ResendButton wasSent onSend={props.onSend} />
        <Button kind="text" onClick={props.onOther}>
          Use another address
        </Button>
      </div>
      <BackToSignIn />
    </Entrance>
  )
}

function BackToSignIn(): ReactNode {
  return (
    <p className="mt-6 text-ink-2">
      Remember it?{' '}
      <Link to={paths.signIn} className="link">
        Sign in
      </Link>
    </p>
  )
}
