import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useId, useState, type ReactNode } from 'react'
import { useForm } from 'react-hook-form'
import { useApi } from '../api/api-context.ts'
import { ask } from '../api/client.ts'
import { describeProblem, findRefusals, toProblem, type ApiProblem } from '../api/problem.ts'
import { paths } from '../lib/paths.ts'
import { checkEmail } from '../lib/rules.ts'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { TextField } from '../ui/field.tsx'
import { Notice } from '../ui/notice.tsx'
import { ProblemNotice } from '../ui/problem-notice.tsx'
import { When } from '../ui/time.tsx'
import { getMeQueryOptions } from './me.queries.ts'
import { getOptionsQueryOptions } from './options.queries.ts'
import { describeTaken } from './people-create.tsx'

/** An invite that was made: its link opens an account, and is shown here only. */
export interface MadeInvite {
  email: string
  link: string
  expiresAt: string
}

/** Makes an invite to a tenant; rejects with 409 `user.email_taken` when the tenant has the address already. */
export function useInvite(tenantId: string) {
  const api = useApi()
  return useMutation({
    mutationFn: async (email: string): Promise<MadeInvite> => {
      const made = await ask(api.server.admin.tenants({ id: tenantId }).invites.post({ email }))
      return { email, link: made.link, expiresAt: made.expires_at }
    },
  })
}

/** The field of an invite; has no button of its own: give one `type="submit" form={id}`. */
export function InviteForm(props: {
  id: string
  tenantName: string
  onInvite: (email: string) => Promise<unknown>
}): ReactNode {
  const [problem, setProblem] = useState<ApiProblem>()
  const form = useForm({ mode: 'onTouched', defaultValues: { email: '' } })
  const submit = form.handleSubmit(async ({ email }) => {
    setProblem(undefined)
    try {
      await props.onInvite(email.trim())
    } catch (thrown) {
      const refused = toProblem(thrown)
      const refusals =
        refused.code === 'user.email_taken'
          ? [{ name: 'email' as const, message: describeTaken(props.tenantName) }]
          : findRefusals({ problem: refused, names: ['email'] })
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
        hint="They choose their own password. A newer invite ends an older one."
        error={form.formState.errors.email?.message}
        {...form.register('email', { validate: (value) => checkEmail(value) ?? true })}
      />
    </form>
  )
}

/** An invite that was just made: its link to copy, how long it works, and whether a mail carries it, too. */
export function InviteHandover(props: { invite: MadeInvite }): ReactNode {
  const { email, link, expiresAt } = props.invite
  const api = useApi()
  const { data: options } = useQuery(getOptionsQueryOptions(api))
  const { data: me } = useQuery(getMeQueryOptions(api))
  return (
    <div className="flex flex-col gap-3 rounded-md border border-line bg-sunken px-3 py-[10px]">
      <dl className="flex flex-col gap-3">
        <div>
          <dt className="text-meta text-ink-3">For</dt>
          <dd className="wrap-anywhere text-ink select-all">{email}</dd>
        </div>
        <div>
          <dt className="text-meta text-ink-3">Link</dt>
          <dd className="flex flex-col items-start gap-2">
            <span className="min-w-0 font-mono text-[12px]/[18px] break-all text-ink select-all">{link}</span>
            <CopyButton text={link} what="link" words="Copy link" size="small" />
          </dd>
        </div>
      </dl>
      <p className="text-meta text-ink-2">
        It works once, until <When time={expiresAt} />, and is shown only here.{' '}
        {options?.mail === 'sent' && 'A mail with it is on its way.'}
        {options !== undefined && options.mail !== 'sent' && (
          <>
            This server sends no mail: hand it over yourself.
            {me?.is_superuser && (
              <>
                {' '}
                It is in the{' '}
                <Link to={paths.mailbox} search={{ to: email }} className="link">
                  mailbox
                </Link>
                , too.
              </>
            )}
          </>
        )}
      </p>
    </div>
  )
}

/** Invites people to a tenant within a page, one after another. */
export function InviteTenantUser(props: { tenantId: string; tenantName: string }): ReactNode {
  const { tenantId, tenantName } = props
  const formId = useId()
  const invite = useInvite(tenantId)
  const [made, setMade] = useState<MadeInvite>()
  if (made) {
    return (
      <div role="status" className="flex flex-col gap-3">
        <Notice tone="fine" icon="check" title={`${made.email} is invited to ${tenantName}`} />
        <InviteHandover invite={made} />
        <Button className="self-start" onClick={() => setMade(undefined)}>
          Invite another user
        </Button>
      </div>
    )
  }
  return (
    <>
      <InviteForm
        id={formId}
        tenantName={tenantName}
        onInvite={async (email) => setMade(await invite.mutateAsync(email))}
      />
      <Button type="submit" form={formId} busy={invite.isPending} className="mt-2">
        Invite user
      </Button>
    </>
  )
}
