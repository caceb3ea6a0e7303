import type { OnboardingStep } from '../../lib/onboarding-drafts.ts'
import { onboardingLink } from '../../lib/paths.ts'
import type { HomePages } from './home-pages.ts'

/** A step of Get started. */
export interface FirstStep {
  name: string
  /** Why it is worth doing. */
  reason: string
  /** What its link says. */
  verb: string
  /** Where it is done, for a `Link`; undefined while the console has no such page. */
  link: { to: string; search?: { tenant: string; step: OnboardingStep | undefined } } | undefined
}

/**
 * The words of a step and where it is done: in the onboarding of the only tenant there is, else where one is chosen.
 * Undefined for a step this console does not know.
 */
export function describeFirstStep(options: {
  step: string
  pages: HomePages
  onlyTenantId?: string
}): FirstStep | undefined {
  const { step, pages, onlyTenantId } = options
  const goTo = (page: string | undefined): FirstStep['link'] => (page === undefined ? undefined : { to: page })
  const goToStep = (own: OnboardingStep, elsewhere: string | undefined): FirstStep['link'] =>
    onlyTenantId === undefined || pages.newTenant === undefined
      ? goTo(elsewhere)
      : onboardingLink({ tenantId: onlyTenantId, step: own })
  const choose = (verb: string): string => (onlyTenantId === undefined ? 'Choose tenant' : verb)
  switch (step) {
    case 'superuser':
      return {
        name: 'Make the first superuser',
        reason: 'Somebody has to hold the keys.',
        verb: 'Open',
        link: goTo(pages.users),
      }
    case 'tenant':
      return {
        name: 'Onboard a tenant',
        reason: 'A customer with its own users, prompt and connections.',
        verb: 'Onboard',
        link: goTo(pages.newTenant),
      }
    case 'user':
      return {
        name: 'Assign a user to a tenant',
        reason: 'A tenant answers its users alone.',
        verb: 'Assign',
        link: goToStep('users', pages.users),
      }
    case 'answer':
      return {
        name: 'Get a first answer',
        reason: 'From a tenant, as its users will.',
        verb: choose('Ask'),
        link: goToStep('try', pages.tenants),
      }
    case 'model_key':
      return {
        name: 'Add a model key',
        reason: 'Until then, no provider’s model can answer.',
        verb: choose('Add key'),
        link: goToStep('model', pages.tenants),
      }
    case 'pinecone':
      return {
        name: 'Pass a Pinecone test',
        reason: 'Answers then draw on what an index knows.',
        verb: choose('Connect'),
        link: goToStep('pinecone', pages.tenants),
      }
    case 'second_superuser':
      return {
        name: 'Make a second superuser',
        reason: 'One lost password locks everybody out.',
        verb: 'Choose user',
        link: goTo(pages.users),
      }
    default:
      return undefined
  }
}
