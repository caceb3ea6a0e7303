import { useSuspenseQuery } from '@tanstack/react-query'
import { useMemo, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { getMeQueryOptions } from '../../panels/me.queries.ts'
import { OnboardingPage } from '../../features/onboarding/onboarding-page.tsx'
import { tenantPath, tenantRoutePath } from '../../lib/paths.ts'
import { useHasPage } from '../places.ts'

/** Onboarding for whoever is signed in, leading only to pages there are. */
export function Onboarding(): ReactNode {
  const { data: user } = useSuspenseQuery(getMeQueryOptions(useApi()))
  const hasConnect = useHasPage(`${tenantRoutePath}/connect`)
  const pages = useMemo(
    () => ({ connect: hasConnect ? (id: string) => tenantPath(id, 'connect') : undefined }),
    [hasConnect],
  )
  return <OnboardingPage user={user} pages={pages} />
}
