import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { getTenantQueryOptions, type Tenant } from '../../panels/tenant.queries.ts'
import { Button } from '../../ui/button.tsx'
import { DescribedSection } from '../../ui/described-section.tsx'
import { AnswersForm } from './answers-form.tsx'
import { PurgeDialog, SuspendDialog } from './tenant-dialogs.tsx'
import { mayActivate } from './may-activate.ts'
import { RegistrationChoice } from './registration-choice.tsx'
import { TenantNameForm } from './tenant-name-form.tsx'
import { getMeQueryOptions } from '../../panels/me.queries.ts'
import { useSwitchTenant } from './use-switch-tenant.ts'

/**
 * The settings of a tenant: its name, how it answers, whether it is open, and, for superusers, how it ends. Between them stands what other
 * features have to say of it.
 */
export function TenantSettingsPage(props: {
  children: (tenant: Tenant, isSuperuser: boolean) => ReactNode
}): ReactNode {
  const api = useApi()
  const { tenantId = '' } = useParams({ strict: false })
  const { data: tenant } = useQuery(getTenantQueryOptions(api, tenantId))
  const { data: user } = useQuery(getMeQueryOptions(api))
  if (!tenant || !user) return null
  return (
    <>
      <DescribedSection title="Name" lead="How it is called here. Its id stays.">
        <TenantNameForm tenant={tenant} />
      </DescribedSection>
      <DescribedSection
        title="Answers"
        lead="How long an answer may be. Which passages it is given is set under Retrieval."
      >
        <AnswersForm tenant={tenant} />
      </DescribedSection>
      <DescribedSection title="Users" lead="Who may make an account of their own. Those who have one keep it.">
        <RegistrationChoice tenant={tenant} />
      </DescribedSection>
      {props.children(tenant, user.is_superuser)}
      <ActivitySection tenant={tenant} isSuperuser={user.is_superuser} />
      {user.is_superuser && <PurgeSection tenant={tenant} />}
    </>
  )
}

function ActivitySection(props: { tenant: Tenant; isSuperuser: boolean }): ReactNode {
  const { tenant, isSuperuser } = props
  const noun = isSuperuser ? 'tenant' : 'organization'
  const [asking, setAsking] = useState(false)
  const { turnOrSay, busy } = useSwitchTenant(tenant)
  return (
    <DescribedSection
      title="Access"
      lead={
        tenant.is_active
          ? `A suspended ${noun} refuses its users and API keys, and keeps everything.`
          : 'Its users and API keys are refused. Everything is kept.'
      }
    >
      {tenant.is_active ? (
        <Button onClick={() => setAsking(true)}>Suspend {noun}…</Button>
      ) : mayActivate({ tenant, isSuperuser }) ? (
        <Button busy={busy} onClick={() => void turnOrSay(true)}>
          Activate {noun}
        </Button>
      ) : (
        <p className="text-ink-2">The people who run this server suspended it. Ask them to activate it again.</p>
      )}
      <SuspendDialog tenant={tenant} open={asking} onClose={() => setAsking(false)} />
    </DescribedSection>
  )
}

function PurgeSection(props: { tenant: Tenant }): ReactNode {
  const [asking, setAsking] = useState(false)
  return (
    <DescribedSection
      title="Purge"
      lead="Destroys its users, conversations, documents, keys and usage. What was lost stays in the audit log, counted."
    >
      <Button kind="danger" onClick={() => setAsking(true)}>
        Purge tenant…
      </Button>
      <PurgeDialog tenant={props.tenant} open={asking} onClose={() => setAsking(false)} />
    </DescribedSection>
  )
}
