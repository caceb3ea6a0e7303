import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useState, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { toProblem } from '../../api/problem.ts'
import { finishOnboarding } from '../../lib/onboarding-drafts.ts'
import { paths } from '../../lib/paths.ts'
import { noteRecentTenant } from '../../lib/recent-tenants.ts'
import { useOnboardingDrafts } from '../../lib/use-onboarding-drafts.ts'
import { useView } from '../../lib/use-view.ts'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { getTenantQueryOptions } from '../../panels/tenant.queries.ts'
import { EmptyState, NoPermission } from '../../ui/empty-state.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { NewTenantStep } from './new-tenant-step.tsx'
import { OnboardingSkeleton } from './onboarding-skeleton.tsx'
import { onboardingView } from './onboarding.view.ts'
import { TenantOnboarding } from './tenant-onboarding.tsx'
import type { OnboardingPages } from './onboarding-pages.ts'

/** Onboarding, step by step: a tenant's name and id, its prompt, its connections, its users, its first answer. */
export function OnboardingPage(props: { userId: string; isSuperuser: boolean; pages: OnboardingPages }): ReactNode {
  const { userId } = props
  const [view] = useView(onboardingView)
  const isFirstShown = useIsFirst(`${view.tenant ?? ''} ${view.step}`)
  if (!props.isSuperuser) return <NotForThem />
  if (view.tenant === undefined) return <NewTenantStep userId={userId} />
  return <ExistingTenant key={view.tenant} {...props} tenantId={view.tenant} isFirstShown={isFirstShown} />
}

/** Whether this is still the first value that was seen. */
function useIsFirst(value: string): boolean {
  const [first, setFirst] = useState<string | undefined>(value)
  if (first !== undefined && first !== value) setFirst(undefined)
  return first === value
}

function ExistingTenant(props: {
  tenantId: string
  userId: string
  isFirstShown: boolean
  pages: OnboardingPages
}): ReactNode {
  const { tenantId, userId } = props
  const tenant = useQuery(getTenantQueryOptions(useApi(), tenantId))
  const { change } = useOnboardingDrafts(userId)
  const isGone = tenant.error !== null && toProblem(tenant.error).status === 404
  const name = tenant.data?.name
  useEffect(() => {
    if (isGone) change((drafts) => finishOnboarding(drafts, tenantId))
    else if (name !== undefined) noteRecentTenant({ id: tenantId, name })
  }, [change, tenantId, name, isGone])
  if (isGone) return <NoSuchTenant tenantId={tenantId} />
  return (
    <QueryPanel what="This tenant" query={tenant} skeleton={<OnboardingSkeleton />}>
      {(found) => <TenantOnboarding {...props} tenant={found} />}
    </QueryPanel>
  )
}

function NoSuchTenant(props: { tenantId: string }): ReactNode {
  return (
    <>
      <PageHeader title="No such tenant" />
      <EmptyState
        title="There is no such tenant here"
        action={
          <Link to={paths.newTenant} className="link">
            Onboard a new tenant
          </Link>
        }
      >
        No tenant has the id <span className="font-mono text-meta break-all">{props.tenantId}</span>.
      </EmptyState>
    </>
  )
}

function NotForThem(): ReactNode {
  return (
    <>
      <PageHeader title="New tenant" />
      <NoPermission
        title="Only superusers onboard tenants"
        back={
          <Link to={paths.account} className="link">
            Go to your account
          </Link>
        }
      >
        A superuser of this server can onboard a tenant for you, or make your account a superuser.
      </NoPermission>
    </>
  )
}
