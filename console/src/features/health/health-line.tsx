import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { StateMark } from '../../ui/state.tsx'
import { getReadinessQueryOptions } from './health.queries.ts'

/** Whether the server and what it stands on answer, at the foot of the sidebar. */
export function HealthLine(): ReactNode {
  const ready = useQuery(getReadinessQueryOptions(useApi()))
  if (ready.isPending) return <p className="h-[28px]" />
  return (
    <p role="status" className="flex min-h-[28px] items-center gap-3 px-2 text-meta text-ink-3">
      <StateMark kind={ready.isError ? 'failed' : 'fine'} />
      {ready.isError ? (
        <span className="font-medium text-danger">The server is not ready</span>
      ) : (
        'Server and database answer'
      )}
    </p>
  )
}
