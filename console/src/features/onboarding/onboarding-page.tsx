import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useState, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import type { User } from '../../api/client.ts'
import { toProblem } from '../../api/problem.ts'
import { finishOnboarding } from '../../lib/onboarding-drafts.ts'
import { paths } from '../../lib/paths.ts'
import { noteRecentTenant } from '../../lib/recent-tenants.ts'
import { useOnboardingDrafts } from '../../lib/use-onboarding-drafts.ts'
import { useView } from '../../lib/use-view.ts'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { getTenantQueryOptions } from '../../panels/tenant.queries.ts'
import { isBeingMade, TenantBeingMade } from '../../panels/tenant-being-made.tsx'
import { VerifyAddress } from '../../panels/verify-address.tsx'
import { EmptyState, NoPermission } from '../../ui/empty-state.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { describeViewer, type OnboardingViewer } from './onboarding-flow.ts'
import { NewTenantStep } from './new-tenant-step.tsx'
import { OnboardingSkeleton } from './onboarding-skeleton.tsx'
import { onboardingView } from './onboarding.view.ts'
import { TenantOnboarding } from './tenant-onboarding.tsx'
import type { OnboardingPages } from './onboarding-pages.ts'

/** Onboarding, step by step: a tenant's name and id, its prompt, its connections, its users, its first answer. */
export function OnboardingPage(props: { user: User; pages: OnboardingPages }): ReactNode {
  const { user, pages } = props
  const viewer = describeViewer(user.is_superuser)
  const [view] = useView(onboardingView)
  const isFirstShown = useIsFirst(`${view.tenant ?? ''} ${view.step}`)
  if (!user.is_superuser && !user.is_owner) return <NotForThem />
  if (view.tenant === undefined) {
    // Until then the server makes no organization for its owner.
    if (!user.is_superuser && !user.is_verified) return <NotVerified email={user.email} />
    return <NewTenantStep userId={user.id} viewer={viewer} />
  }
  const shared = { userId: user.id, viewer, pages, tenantId: view.tenant, isFirstShown }
  return <ExistingTenant key={view.tenant} {...shared} />
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
  viewer: OnboardingViewer
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
  if (isGone) return <NoSuchTenant tenantId={tenantId} viewer={props.viewer} />
  return (
    <QueryPanel what="This tenant" query={tenant} skeleton={<OnboardingSkeleton />}>
      {(found) =>
        isBeingMade(found) ? (
          <>
            <PageHeader title={found.name} />
            <TenantBeingMade tenant={found} />
          </>
        ) : (
          <TenantOnboarding {...props} tenant={found} />
        )
      }
    </QueryPanel>
  )
}

function NoSuchTenant(props: { tenantId: string; viewer: OnboardingViewer }): ReactNode {
  const { noun } = props.viewer
  return (
    <>
      <PageHeader title={`No such ${noun}`} />
      <EmptyState
        title={`There is no such ${noun} here`}
        action={
          <Link to={paths.newTenant} className="link">
            {noun === 'tenant' ? 'Onboard a new tenant' : 'Create an organization'}
          </Link>
        }
      >
        No {noun} {noun === 'organization' && 'of yours '}has the id{' '}
        <span className="font-mono text-meta break-all">{props.tenantId}</span>.
      </EmptyState>
    </>
  )
}

function NotVerified(props: { email: string }): ReactNode {
  return (
    <>
      <PageHeader title="New organization" />
      <section className="p-6 phone:p-4">
        <h2 className="text-[14px]/[20px] font-semibold text-ink">Verify your address first</h2>
        <div className="mt-1">
          <VerifyAddress email={props.email} />
        </div>
      </section>
    </>
  )
}

function NotForThem(): ReactNode {
  return (
    <>
      <PageHeader title="New tenant" />
      <NoPermission
        title="Only superusers and owners onboard tenants"
        back={
          <Link to={paths.account} className="link">
            Go to your account
          </Link>
        }
      >
        A superuser of this server can onboard a tenant for you, or make you an owner of organizations.
      </NoPermission>
    </>
  )
}
