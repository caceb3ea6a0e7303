import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { getMeQueryOptions } from '../../panels/me.queries.ts'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { getVersionsQueryOptions } from './prompt.queries.ts'
import { PromptSkeleton } from './prompt-skeleton.tsx'
import { PromptWorkbench } from './prompt-workbench.tsx'

/** A tenant's prompt: its versions, the draft or a comparison, and a playground that tries the draft beside the live one. */
export function PromptPage(): ReactNode {
  const api = useApi()
  const { tenantId = '' } = useParams({ strict: false })
  const { data: user } = useQuery(getMeQueryOptions(api))
  const versions = useInfiniteQuery(getVersionsQueryOptions(api, tenantId))
  if (!user) return null
  const more = {
    has: versions.hasNextPage,
    busy: versions.isFetchingNextPage,
    // A page under way is not begun anew.
    load: () => versions.fetchNextPage({ cancelRefetch: false }),
    failure: versions.isFetchNextPageError ? versions.error : undefined,
  }
  return (
    <QueryPanel what="The prompt" query={versions} skeleton={<PromptSkeleton />}>
      {(loaded) => <PromptWorkbench tenantId={tenantId} userId={user.id} versions={loaded} more={more} />}
    </QueryPanel>
  )
}
