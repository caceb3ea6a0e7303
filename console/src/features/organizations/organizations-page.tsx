import { useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import type { User } from '../../api/client.ts'
import { formatCount, formatPlural } from '../../lib/numbers.ts'
import { writeSort } from '../../lib/sort-rows.ts'
import { useView } from '../../lib/use-view.ts'
import { ListEnd } from '../../panels/list-end.tsx'
import { NewTenantButton } from '../../panels/new-tenant-button.tsx'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { useMyDrafts } from '../../panels/use-my-drafts.ts'
import { VerifyAddress } from '../../panels/verify-address.tsx'
import { useListPages } from '../../panels/use-list-pages.ts'
import { TableSkeleton } from '../../ui/bone.tsx'
import { Button } from '../../ui/button.tsx'
import { Notice } from '../../ui/notice.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { FirstSteps } from './first-steps.tsx'
import { OrganizationsTable } from './organizations-table.tsx'
import { getOrganizationsQueryOptions } from './organizations.queries.ts'
import { organizationSorts, organizationsView } from './organizations.view.ts'

/** Home of an owner: the own organizations and how they are, or the way to the first one. */
export function OrganizationsPage(props: { user: User }): ReactNode {
  const { user } = props
  const [view, change] = useView(organizationsView)
  const organizations = useInfiniteQuery(getOrganizationsQueryOptions({ api: useApi(), sort: view.sort }))
  const { unfinished } = useMyDrafts()
  const list = useListPages(organizations)
  const { rows } = list
  const { total, organizations_max: max } = organizations.data?.pages[0] ?? {}
  const isFirst = organizations.isSuccess && rows.length === 0
  return (
    <>
      <PageHeader
        title="Home"
        subtitle={total !== undefined && total > 0 && formatPlural(total, 'organization')}
        actions={!isFirst && total !== undefined && <NewOrganization user={user} total={total} max={max} />}
      />
      <QueryPanel what="Your organizations" query={organizations} skeleton={<TableSkeleton rows={6} plates />}>
        {() =>
          rows.length === 0 ? (
            <FirstSteps user={user} />
          ) : (
            <>
              {!user.is_verified && (
                <div className="border-b border-line px-6 py-4 phone:px-4">
                  <Notice tone="warn" icon="attention" title="Your address is not verified yet.">
                    <VerifyAddress email={user.email} />
                  </Notice>
                </div>
              )}
              <OrganizationsTable
                {...list}
                total={total}
                unfinished={unfinished}
                sort={view.sort}
                onSort={(sort) => {
                  const chosen = organizationSorts.find((value) => value === writeSort(sort))
                  if (chosen) change({ sort: chosen })
                }}
              />
              <ListEnd
                what="The next organizations"
                unit="organization"
                rows={rows.length}
                total={total}
                pages={organizations}
              />
            </>
          )
        }
      </QueryPanel>
    </>
  )
}

/** Leads to a new organization, or says why there cannot be one. */
function NewOrganization(props: { user: User; total: number; max: number | undefined }): ReactNode {
  const { user, total, max } = props
  const reason = !user.is_verified
    ? 'Verify your address first'
    : max !== undefined && total >= max
      ? `One owner may have ${formatCount(max)} here. Ask the people who run this server for more`
      : undefined
  if (reason === undefined) return <NewTenantButton words="New organization" />
  return (
    <>
      {user.is_verified && (
        <span className="text-meta text-ink-3 phone:hidden">All {formatCount(max ?? total)} you may have</span>
      )}
      <Button reason={reason}>New organization</Button>
    </>
  )
}
