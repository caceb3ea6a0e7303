import { onboardingSteps } from '../../lib/onboarding-drafts.ts'
import { choiceField, defineView, optionalField } from '../../lib/view-state.ts'

const tenantIdCharactersMax = 63

/** Whose onboarding is shown, and which step of it: `last` is where it was left. Without a tenant it is a new one. */
export const onboardingView = defineView({
  tenant: optionalField(tenantIdCharactersMax),
  step: choiceField([...onboardingSteps, 'last'], 'last'),
  /** Whether users are made for it, invited, or chosen from this platform's. */
  people: choiceField(['create', 'invite', 'assign'], 'create'),
})
