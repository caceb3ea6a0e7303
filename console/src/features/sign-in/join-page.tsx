import { useQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { useForm, useWatch } from 'react-hook-form'
import { useApi } from '../../api/api-context.ts'
import { ask, type Api } from '../../api/client.ts'
import { describeProblem, toProblem, type ApiProblem } from '../../api/problem.ts'
import { paths } from '../../lib/paths.ts'
import { checkNewPassword, describeNewPassword } from '../../lib/rules.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { PasswordField } from '../../ui/password-field.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { Ring } from '../../ui/ring.tsx'
import { When } from '../../ui/time.tsx'
import { DeadLink, TenantOff } from './dead-link.tsx'
import { Entrance } from './entrance.tsx'
import type { LinkToken } from './link-token.ts'
import { showRefusals } from './show-refusals.ts'
import { TenantDestination } from './tenant-destination.tsx'
import { useLinkToken } from './use-link-token.ts'

type Invite = Awaited<ReturnType<typeof askInvite>>

/** Accepts an invite to a tenant: whoever was invited chooses a password, and learns where to sign in with it. */
export function JoinPage(props: { link: LinkToken | undefined }): ReactNode {
  const api = useApi()
  const token = useLinkToken(paths.join, props.link)
  const invite = useQuery({
    queryKey: ['link', 'join', token],
    queryFn: ({ signal }) => askInvite({ api, token: token ?? '', signal }),
    enabled: token !== undefined,
    retry: false,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  })
  const [refused, setRefused] = useState<{ token: string; problem: ApiProblem }>()
  const problem = refused?.token === token ? refused?.problem : invite.error ? toProblem(invite.error) : undefined
  if (token === undefined || problem?.status === 401) {
    return (
      <DeadLink worksFor="7 days" isMissing={token === undefined}>
        <p className="text-ink-2">
          A newer invite ends an older one. Have you chosen a password with it before? Then sign in where you use the
          assistant. Otherwise ask whoever invited you for a new invite.
        </p>
      </DeadLink>
    )
  }
  if (problem?.code === 'tenant.inactive') return <TenantOff title="Not joined yet" />
  if (problem?.code === 'user.email_taken' && invite.data) return <JoinedBefore invite={invite.data} />
  if (problem) {
    return (
      <Entrance title="The invite did not load" lead="It was not used.">
        <ProblemNotice words={describeProblem({ problem, attempt: 'other' })} className="mt-5" />
        <div className="mt-4">
          <Button busy={invite.isFetching} onClick={() => void invite.refetch()}>
            Open invite again
          </Button>
        </div>
      </Entrance>
    )
  }
  if (!invite.data) {
    return (
      <Entrance title="Opening your invite" lead="This takes a moment.">
        <p role="status" className="mt-5 flex items-center gap-2 text-ink-2">
          <Ring /> Asking the server
        </p>
      </Entrance>
    )
  }
  return (
    <JoinForm
      key={token}
      token={token}
      invite={invite.data}
      onRefused={(failure) => setRefused({ token, problem: failure })}
    />
  )
}

function JoinForm(props: { token: string; invite: Invite; onRefused: (problem: ApiProblem) => void }): ReactNode {
  const { token, invite } = props
  const api = useApi()
  const name = invite.tenant_name ?? ''
  const [problem, setProblem] = useState<ApiProblem>()
  const form = useForm({ mode: 'onTouched', defaultValues: { full_name: '', password: '' } })
  const typed = useWatch({ control: form.control, name: 'password' })
  const { errors, isSubmitting, isSubmitSuccessful } = form.formState
  const join = form.handleSubmit(async ({ full_name, password }) => {
    const called = full_name.trim()
    try {
      await ask(api.open.auth.invites.accept.post({ token, password, ...(called && { full_name: called }) }))
      setProblem(undefined)
    } catch (thrown) {
      const failure = toProblem(thrown)
      const isOver = failure.status === 401 || ['tenant.inactive', 'user.email_taken'].includes(failure.code)
      if (isOver) props.onRefused(failure)
      setProblem(showRefusals({ form, problem: failure, names: ['full_name', 'password'] }))
    }
  })
  if (isSubmitSuccessful) {
    return (
      <Entrance title={`You are in ${name}`} lead="Your account is made, and your address counts as verified.">
        <TenantDestination name={name} email={invite.email} origins={invite.tenant_origins} />
      </Entrance>
    )
  }
  return (
    <Entrance
      title={`Join ${name}`}
      lead={
        <>
          Choose a password to sign in with as{' '}
          <strong className="font-semibold wrap-anywhere text-ink">{invite.email}</strong>. The invite works until{' '}
          <When time={invite.expires_at} />.
        </>
      }
    >
      <ProblemNotice
        words={problem && describeProblem({ problem, attempt: 'other' })}
        waiting={problem?.status === 429}
        className="mt-5"
      />
      <form noValidate onSubmit={(event) => void join(event)} className="mt-6 flex flex-col gap-2">
        {/* Tells a password manager whose password this is. */}
        <input type="email" autoComplete="username" value={invite.email} readOnly hidden />
        <TextField
          label="Full name"
          optional
          autoComplete="name"
          autoFocus
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
        <Button type="submit" kind="primary" size="large" busy={isSubmitting} className="w-full">
          Join {name}
        </Button>
      </form>
    </Entrance>
  )
}

function JoinedBefore(props: { invite: Invite }): ReactNode {
  const { email, tenant_name: name, tenant_origins: origins } = props.invite
  return (
    <Entrance title="You have an account already" lead="The invite was not used, and your password is as it was.">
      <TenantDestination name={name ?? ''} email={email} origins={origins} />
      <p className="mt-4 text-ink-2">Forgot that password? Ask for a new one where you sign in.</p>
    </Entrance>
  )
}

function askInvite(options: { api: Api; token: string; signal: AbortSignal }) {
  const { api, token, signal } = options
  return ask(api.open.auth.invites.show.post({ token }, { fetch: { signal } }))
}
