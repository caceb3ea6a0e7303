import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { formatCount, formatMoney } from '../../lib/numbers.ts'
import { getMeQueryOptions } from '../../panels/me.queries.ts'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { getTenantQueryOptions, type Tenant } from '../../panels/tenant.queries.ts'
import { TableSkeleton } from '../../ui/bone.tsx'
import { Section, WithRail } from '../../ui/section.tsx'
import { When } from '../../ui/time.tsx'
import { formatAmount, nameCaller, titleOf } from './limit-words.ts'
import { LimitsForm } from './limits-form.tsx'
import { getLimitsQueryOptions, getRefusalsQueryOptions, type LimitFacts } from './limits.queries.ts'
import { LatelyRefused } from './lately-refused.tsx'
import { RefusalsSection } from './refusals-section.tsx'
import { useLimitsForm } from './use-limits-form.ts'

/** What a tenant may use, what it uses now, and what was refused. Superusers set it; owners see it. */
export function LimitsPage(): ReactNode {
  const api = useApi()
  const { tenantId = '' } = useParams({ strict: false })
  const { data: tenant } = useQuery(getTenantQueryOptions(api, tenantId))
  const { data: user } = useQuery(getMeQueryOptions(api))
  const limits = useQuery(getLimitsQueryOptions(api, tenantId))
  if (!tenant || !user) return null
  return (
    <QueryPanel what="Limits" query={limits} skeleton={<TableSkeleton rows={6} />}>
      {(facts) => <Limits key={tenant.id} tenant={tenant} facts={facts} mayEdit={user.is_superuser} />}
    </QueryPanel>
  )
}

function Limits(props: { tenant: Tenant; facts: LimitFacts; mayEdit: boolean }): ReactNode {
  const { tenant, facts, mayEdit } = props
  const edited = useLimitsForm(tenant)
  const refusals = useInfiniteQuery(getRefusalsQueryOptions(useApi(), tenant.id))
  const goTo = mayEdit ? edited.goTo : undefined
  return (
    <WithRail
      label="Refusals, warnings and users"
      rail={
        <>
          <LatelyRefused refusals={refusals.data?.pages[0]?.items} goTo={goTo} />
          <WarningsSection warnings={facts.warnings} />
          <BusiestSection users={facts.busiest_users} />
        </>
      }
    >
      <LimitsForm facts={facts} edited={mayEdit ? edited : undefined} />
      <RefusalsSection refusals={refusals} goTo={goTo} />
    </WithRail>
  )
}

function WarningsSection(props: { warnings: LimitFacts['warnings'] }): ReactNode {
  return (
    <Section title="Warnings">
      {props.warnings.length === 0 ? (
        <p className="text-ink-3">No warning was reached. When one is, the owner and superusers get a mail.</p>
      ) : (
        <ul className="flex flex-col gap-3">
          {props.warnings.map(({ id, at, name, user, threshold, limit }) => (
            <li key={id}>
              <p className="text-ink">
                {titleOf(name)} reached {formatAmount(name, threshold)}
                {limit !== null && ` of ${formatAmount(name, limit)}`}
              </p>
              <p className="text-meta wrap-anywhere text-ink-3">
                {user ? nameCaller(user) : 'Everybody together'}, <When time={at} />
              </p>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

function BusiestSection(props: { users: LimitFacts['busiest_users'] }): ReactNode {
  return (
    <Section title="Busiest users this month">
      {props.users.length === 0 ? (
        <p className="text-ink-3">Nobody has asked anything this month.</p>
      ) : (
        <ul className="flex flex-col gap-3">
          {props.users.map(({ user, tokens, cost_micro_usd: cost }) => (
            <li key={user.id} className="flex items-baseline gap-3">
              <span className="min-w-0 wrap-anywhere text-ink">{nameCaller(user)}</span>
              <span className="ms-auto shrink-0 text-end text-ink-2 tabular-nums">
                {formatCount(tokens)} tokens
                <span className="block text-meta text-ink-3">{formatMoney(cost)}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}
