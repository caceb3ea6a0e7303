import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { getMeQueryOptions } from '../../panels/me.queries.ts'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { Bone } from '../../ui/bone.tsx'
import { getVersionsQueryOptions } from './prompt.queries.ts'
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
    load: () => void versions.fetchNextPage(),
  }
  return (
    <QueryPanel what="The prompt" query={versions} skeleton={<PromptSkeleton />}>
      {(loaded) => <PromptWorkbench tenantId={tenantId} userId={user.id} versions={loaded} more={more} />}
    </QueryPanel>
  )
}

function PromptSkeleton(): ReactNode {
  return (
    <div className="flex gap-8 px-6 py-5 phone:px-4">
      <div className="flex w-[150px] flex-col gap-6 phone:hidden">
        {[0, 1, 2, 3].map((row) => (
          <div key={row} className="flex flex-col gap-2">
            <Bone width={88} height={11} />
            <Bone width={120} height={8} />
          </div>
        ))}
      </div>
      <div className="flex flex-col gap-4">
        {[300, 260, 320, 180, 280].map((width) => (
          <Bone key={width} width={width} height={12} />
        ))}
      </div>
    </div>
  )
}
