import type { OnboardingStep } from '../../lib/onboarding-drafts.ts'
import { paths } from '../../lib/paths.ts'
import type { Tenant } from '../../panels/tenant.queries.ts'
import type { StepView, TenantFacts } from './onboarding-steps.ts'
import type { Saved } from './saved-note.tsx'

/** For whom an onboarding is: what they call a tenant, and where they come from. */
export interface OnboardingViewer {
  isSuperuser: boolean
  noun: 'tenant' | 'organization'
  above: { name: string; to: string }
}

/** Superusers onboard tenants from their list of them; owners their own organizations, from Home. */
export function describeViewer(isSuperuser: boolean): OnboardingViewer {
  return isSuperuser
    ? { isSuperuser, noun: 'tenant', above: { name: 'Tenants', to: '/tenants' } }
    : { isSuperuser, noun: 'organization', above: { name: 'Home', to: paths.home } }
}

/** An onboarding as its frame shows it. */
export interface OnboardingFlow {
  viewer: OnboardingViewer
  /** Undefined before it exists. */
  tenant: Pick<Tenant, 'id' | 'name'> | undefined
  steps: readonly StepView[]
  step: OnboardingStep
  /** It is being made, or its onboarding was begun here and is not finished. */
  isNew: boolean
  /** The page was opened at this step; else one came from another step. */
  isFirstShown: boolean
  saved: Saved
  onBack: (() => void) | undefined
}

/** The onboarding of a tenant that exists, for its steps. */
export interface TenantFlow extends OnboardingFlow {
  tenant: Tenant
  facts: TenantFacts
  /** What was typed and not saved, by the names of the tenant's fields. */
  typed: Readonly<Record<string, string>>
  /** Keeps what is typed until it is saved; undefined takes it back. */
  keepTyped: (changes: Readonly<Record<string, string | undefined>>) => void
  /** This step is saved, or skipped: on to the next. */
  goOn: () => void
  /** Asks the server anew what the steps tell. */
  refreshFacts: () => void
  /** Ends the onboarding; what is left undone stays undone. */
  finish: () => void
}
