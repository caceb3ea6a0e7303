import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { QueryPanel } from '../../panels/query-panel.tsx'
import type { Tenant } from '../../panels/tenant.queries.ts'
import type { OnboardingViewer, TenantFlow } from './onboarding-flow.ts'
import type { OnboardingPages } from './onboarding-pages.ts'
import { getTenantFactsQueryOptions } from './onboarding.queries.ts'
import { OnboardingSkeleton } from './onboarding-skeleton.tsx'
import type { TenantFacts } from './onboarding-steps.ts'
import { NameStep } from './name-step.tsx'
import { ModelStep, PineconeStep } from './connection-steps.tsx'
import { PromptStep } from './prompt-step.tsx'
import { TryStep } from './try-step.tsx'
import { useTenantFlow } from './use-tenant-flow.ts'
import { UsersStep } from './users-step.tsx'

/** Whose onboarding it is, and for whom. */
interface TenantOnboardingProps {
  tenant: Tenant
  userId: string
  /** The page was opened here; else one came from another step. */
  isFirstShown: boolean
  pages: OnboardingPages
  viewer: OnboardingViewer
}

/** The steps of a tenant that exists. */
export function TenantOnboarding(props: TenantOnboardingProps): ReactNode {
  const facts = useQuery(getTenantFactsQueryOptions(useApi(), props.tenant.id))
  return (
    <QueryPanel what="The setup of this tenant" query={facts} skeleton={<OnboardingSkeleton />}>
      {(found) => <Steps {...props} facts={found} />}
    </QueryPanel>
  )
}

function Steps(props: TenantOnboardingProps & { facts: TenantFacts }): ReactNode {
  const flow = useTenantFlow(props)
  return drawStep(flow, props.pages)
}

function drawStep(flow: TenantFlow, pages: OnboardingPages): ReactNode {
  switch (flow.step) {
    case 'name':
      return <NameStep flow={flow} />
    case 'prompt':
      return <PromptStep flow={flow} />
    case 'model':
      return <ModelStep flow={flow} />
    case 'pinecone':
      return <PineconeStep flow={flow} />
    case 'users':
      return <UsersStep flow={flow} />
    default:
      return <TryStep flow={flow} pages={pages} />
  }
}
