import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useId, useState, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { getTenantQueryOptions, type Tenant } from '../../panels/tenant.queries.ts'
import { Button } from '../../ui/button.tsx'
import { AnswersForm } from './answers-form.tsx'
import { PurgeDialog, SuspendDialog } from './tenant-dialogs.tsx'
import { TenantNameForm } from './tenant-name-form.tsx'
import { getMeQueryOptions } from './tenants.queries.ts'
import { useSwitchTenant } from './use-switch-tenant.ts'

/** The settings of a tenant: its name, how it answers, and, for superusers, how it ends. */
export function TenantSettingsPage(): ReactNode {
  const api = useApi()
  const { tenantId = '' } = useParams({ strict: false })
  const { data: tenant } = useQuery(getTenantQueryOptions(api, tenantId))
  const { data: user } = useQuery(getMeQueryOptions(api))
  if (!tenant || !user) return null
  return (
    <>
      <SettingsSection title="Name" lead="How this tenant is called here. Its id stays.">
        <TenantNameForm tenant={tenant} />
      </SettingsSection>
      <SettingsSection
        title="Answers"
        lead="How long an answer may be, and which passages of its documents it is given."
      >
        <AnswersForm tenant={tenant} />
      </SettingsSection>
      {user.is_superuser && (
        <>
          <ActivitySection tenant={tenant} />
          <PurgeSection tenant={tenant} />
        </>
      )}
    </>
  )
}

function ActivitySection(props: { tenant: Tenant }): ReactNode {
  const { tenant } = props
  const [asking, setAsking] = useState(false)
  const { turnOrSay, busy } = useSwitchTenant(tenant)
  return (
    <SettingsSection
      title="Access"
      lead={
        tenant.is_active
          ? 'A suspended tenant refuses its users and API keys, and keeps everything.'
          : 'Its users and API keys are refused. Everything is kept.'
      }
    >
      {tenant.is_active ? (
        <Button onClick={() => setAsking(true)}>Suspend tenant…</Button>
      ) : (
        <Button busy={busy} onClick={() => void turnOrSay(true)}>
          Activate tenant
        </Button>
      )}
      <SuspendDialog tenant={tenant} open={asking} onClose={() => setAsking(false)} />
    </SettingsSection>
  )
}

function PurgeSection(props: { tenant: Tenant }): ReactNode {
  const [asking, setAsking] = useState(false)
  return (
    <SettingsSection
      title="Purge"
      lead="Destroys its users, conversations, documents, keys and usage. What was lost stays in the audit log, counted."
    >
      <Button kind="danger" onClick={() => setAsking(true)}>
        Purge tenant…
      </Button>
      <PurgeDialog tenant={props.tenant} open={asking} onClose={() => setAsking(false)} />
    </SettingsSection>
  )
}

function SettingsSection(props: { title: string; lead: string; children: ReactNode }): ReactNode {
  const id = useId()
  return (
    <section
      aria-labelledby={id}
      className="relative grid gap-x-10 gap-y-4 border-b border-line px-6 py-7 last:border-b-0 desk:grid-cols-[minmax(180px,260px)_minmax(0,420px)] phone:px-4 phone:py-6"
    >
      <div>
        <h2 id={id} className="text-[14px]/[20px] font-semibold text-ink">
          {props.title}
        </h2>
        <p className="max-w-[40ch] text-ink-3">{props.lead}</p>
      </div>
      <div className="min-w-0">{props.children}</div>
    </section>
  )
}
