import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useForm } from 'react-hook-form'
import { useApi } from '../../api/api-context.ts'
import { paths } from '../../lib/paths.ts'
import { checkEmail } from '../../lib/rules.ts'
import { useView } from '../../lib/use-view.ts'
import { getOptionsQueryOptions } from '../../panels/options.queries.ts'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { isForbidden } from '../../panels/superusers-only.tsx'
import { TableSkeleton } from '../../ui/bone.tsx'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { EmptyState, NoMatch, NoPermission } from '../../ui/empty-state.tsx'
import { TextField } from '../../ui/field.tsx'
import { Icon } from '../../ui/icons.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { When } from '../../ui/time.tsx'
import { getMailboxQueryOptions, type KeptMail } from './mailbox.queries.ts'
import { mailboxView } from './mailbox.view.ts'

/** Mail that no server sends, for superusers to hand over: verifications, new passwords, invites. */
export function MailboxPage(): ReactNode {
  const api = useApi()
  const [view, change] = useView(mailboxView)
  const mailbox = useInfiniteQuery(getMailboxQueryOptions({ api, to: view.to }))
  const { data: options } = useQuery(getOptionsQueryOptions(api))
  if (isForbidden(mailbox)) return <Closed />
  const mails = mailbox.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <>
      <PageHeader
        title="Mailbox"
        above={{ to: '/system', name: 'System' }}
        actions={
          <Button busy={mailbox.isFetching} onClick={() => void mailbox.refetch()}>
            {!mailbox.isFetching && <Icon name="again" className="shrink-0 text-ink-3" />}
            Read again
          </Button>
        }
      />
      <div className="flex flex-wrap items-start gap-x-10 gap-y-4 border-b border-line px-6 py-5 phone:px-4">
        <AddressForm key={view.to} to={view.to} onFind={(to) => change({ to })} />
        <p className="max-w-[60ch] min-w-0 flex-1 text-ink-2 phone:basis-full">
          {options?.mail === 'sent'
            ? 'This server sends its mail; here is what has not left yet. '
            : 'No SMTP_URL is set, so mail is kept here until its link is used or expires. '}
          Its links open accounts: hand each over to its own person alone.{' '}
          <strong className="font-semibold text-ink">Each reading is written to the audit log</strong>, with who read
          which mail.
        </p>
      </div>
      <QueryPanel what="The mailbox" query={mailbox} skeleton={<TableSkeleton rows={4} />}>
        {() =>
          mails.length === 0 ? (
            <Nothing to={view.to} onAll={() => change({ to: '' })} />
          ) : (
            <>
              <ul aria-label="Mails">
                {mails.map((mail) => (
                  <Mail key={mail.id} mail={mail} />
                ))}
              </ul>
              {mailbox.hasNextPage && (
                <div className="px-6 py-4 phone:px-4">
                  <Button busy={mailbox.isFetchingNextPage} onClick={() => void mailbox.fetchNextPage()}>
                    Read older mails
                  </Button>
                </div>
              )}
            </>
          )
        }
      </QueryPanel>
    </>
  )
}

/** Mails are found by the whole address only: it is sealed, and a part of it finds nothing. */
function AddressForm(props: { to: string; onFind: (to: string) => void }): ReactNode {
  const form = useForm({ mode: 'onTouched', defaultValues: { to: props.to } })
  const submit = form.handleSubmit(({ to }) => props.onFind(to.trim()))
  return (
    <form
      noValidate
      onSubmit={(event) => void submit(event)}
      className="flex w-full max-w-[420px] items-start gap-2 [&>div]:flex-1"
    >
      <TextField
        label="Whole address"
        type="email"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        hint="Left empty, everybody’s mail is shown."
        error={form.formState.errors.to?.message}
        {...form.register('to', { validate: (value) => value.trim() === '' || (checkEmail(value) ?? true) })}
      />
      <Button type="submit" className="mt-[26px]">
        Find mail
      </Button>
    </form>
  )
}

function Mail(props: { mail: KeptMail }): ReactNode {
  const { to, subject, text, links, created_at: createdAt } = props.mail
  return (
    <li className="border-b border-line px-6 py-4 phone:px-4">
      <div className="flex flex-wrap items-baseline gap-x-3">
        <h2 className="text-[14px]/[20px] font-semibold text-ink">{subject}</h2>
        <span className="ms-auto text-meta text-ink-3">
          <When time={createdAt} />
        </span>
      </div>
      <p className="text-ink-2">
        To <span className="wrap-anywhere text-ink select-all">{to}</span>
      </p>
      {links.map((link) => (
        <p key={link} className="mt-2 flex flex-wrap items-center gap-3">
          <CopyButton text={link} what="link" words="Copy link" size="small" />
          <span className="min-w-0 font-mono text-[12px]/[18px] break-all text-ink-2 select-all">{link}</span>
        </p>
      ))}
      <details className="mt-2">
        <summary className="w-fit cursor-default rounded-xs text-meta text-ink-3 hover:text-ink">
          Show the whole mail
        </summary>
        <p className="mt-2 max-w-[72ch] wrap-anywhere whitespace-pre-line text-ink-2">{text}</p>
      </details>
    </li>
  )
}

function Nothing(props: { to: string; onAll: () => void }): ReactNode {
  const { to } = props
  if (to === '') {
    return (
      <EmptyState title="No mail is waiting">
        What people are to be mailed stands here, newest first, until its link is used or expires.
      </EmptyState>
    )
  }
  return (
    <NoMatch title={`No mail is waiting for ${to}`} actions={<Button onClick={props.onAll}>Show all mail</Button>}>
      Its link may be used or expired already. Somebody without an account gets none.
    </NoMatch>
  )
}

function Closed(): ReactNode {
  return (
    <>
      <PageHeader title="Mailbox" />
      <NoPermission
        title="Only superusers read the mailbox"
        back={
          <Link to={paths.home} className="link">
            Go home
          </Link>
        }
      >
        A superuser of this server can look up the link that you wait for, and hand it to you.
      </NoPermission>
    </>
  )
}
