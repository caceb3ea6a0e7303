import { useQuery } from '@tanstack/react-query'
import { useApi } from '../api/api-context.ts'
import { noDrafts, type OnboardingDrafts } from '../lib/onboarding-drafts.ts'
import { useOnboardingDrafts } from '../lib/use-onboarding-drafts.ts'
import { getMeQueryOptions } from './me.queries.ts'

/** The onboardings that whoever is signed in began in this browser and did not finish; superusers and owners have any. */
export function useMyDrafts(): OnboardingDrafts {
  const { data: user } = useQuery(getMeQueryOptions(useApi()))
  const { drafts } = useOnboardingDrafts(user?.id ?? '')
  return user?.is_superuser || user?.is_owner ? drafts : noDrafts
}
