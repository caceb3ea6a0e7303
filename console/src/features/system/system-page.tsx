import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { isForbidden, SuperusersOnly } from '../../panels/superusers-only.tsx'
import { Bone } from '../../ui/bone.tsx'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icons.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { When } from '../../ui/time.tsx'
import { SystemSections } from './system-sections.tsx'
import { getSystemQueryOptions } from './system.queries.ts'

/** What this installation runs on, whether its parts answer, and what is configured; never a value of it. */
export function SystemPage(): ReactNode {
  const system = useQuery(getSystemQueryOptions(useApi()))
  if (isForbidden(system)) return <SuperusersOnly title="System" what="System is" />
  const checkedAt = system.dataUpdatedAt === 0 ? undefined : new Date(system.dataUpdatedAt).toISOString()
  return (
    <>
      <PageHeader
        title="System"
        subtitle={
          checkedAt !== undefined && (
            <>
              {system.isError ? 'No answer since ' : 'Checked '}
              <When time={checkedAt} />
            </>
          )
        }
        actions={
          <Button busy={system.isFetching} onClick={() => void system.refetch()}>
            {!system.isFetching && <Icon name="again" className="shrink-0 text-ink-3" />}
            Check again
          </Button>
        }
      />
      <QueryPanel what="System" query={system} skeleton={<SystemSkeleton />}>
        {(facts) => <SystemSections facts={facts} />}
      </QueryPanel>
    </>
  )
}

function SystemSkeleton(): ReactNode {
  return [5, 3, 4].map((rows) => (
    <div
      key={rows}
      className="grid gap-x-10 gap-y-4 border-b border-line px-6 py-7 desk:grid-cols-[minmax(180px,260px)_minmax(0,1fr)] phone:px-4 phone:py-6"
    >
      <Bone width={88} />
      <div>
        {Array.from({ length: rows }, (_, row) => (
          <div key={row} className="flex h-[32px] items-center gap-10">
            <Bone width={84} />
            <Bone width={110 + ((row * 37) % 60)} />
          </div>
        ))}
      </div>
    </div>
  ))
}
