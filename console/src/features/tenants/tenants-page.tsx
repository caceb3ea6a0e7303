import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useCallback, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { toProblem } from '../../api/problem.ts'
import { formatCount } from '../../lib/numbers.ts'
import { paths } from '../../lib/paths.ts'
import { writeSort } from '../../lib/sort-rows.ts'
import { useView } from '../../lib/use-view.ts'
import { ListEnd } from '../../panels/list-end.tsx'
import { NewTenantButton } from '../../panels/new-tenant-button.tsx'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { useMyDrafts } from '../../panels/use-my-drafts.ts'
import { useListPages } from '../../panels/use-list-pages.ts'
import { TableSkeleton } from '../../ui/bone.tsx'
import { ButtonLink } from '../../ui/button-link.tsx'
import { CopyLinkButton } from '../../ui/copy-button.tsx'
import { EmptyState, NoPermission } from '../../ui/empty-state.tsx'
import { SortMenu } from '../../ui/list-bar.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { SearchField } from '../../ui/search-field.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { NoTenantMatches } from './no-tenant-matches.tsx'
import { TenantFilters } from './tenant-filters.tsx'
import { TenantsTable } from './tenants-table.tsx'
import { getTenantCountsQueryOptions, getTenantsQueryOptions } from './tenants.queries.ts'
import { tenantStates, tenantsView, type TenantListState } from './tenants.view.ts'

const stateNames: Record<TenantListState, string> = {
  all: 'All',
  active: 'Active',
  attention: 'Needs attention',
  provisioning: 'Provisioning',
  suspended: 'Suspended',
}

/** Every tenant again. */
const unnarrowed = { state: 'all', model: undefined, from: undefined, to: undefined } as const

const sorts = [
  { value: '-requests', label: 'Requests, most first' },
  { value: 'requests', label: 'Requests, fewest first' },
  { value: 'name', label: 'Name, A to Z' },
  { value: '-name', label: 'Name, Z to A' },
  { value: '-created_at', label: 'Created, newest first' },
  { value: 'created_at', label: 'Created, oldest first' },
] as const

/** Every tenant of this server: what is out of line, who uses most, and the way into each of them. */
export function TenantsPage(props: {
  /** Beside the button for a new tenant. */
  more: ReactNode
}): ReactNode {
  const api = useApi()
  const [view, change] = useView(tenantsView)
  const counts = useQuery(getTenantCountsQueryOptions(api)).data
  const tenants = useInfiniteQuery(getTenantsQueryOptions(api, view))
  const list = useListPages(tenants)
  const { rows } = list
  const { unfinished } = useMyDrafts()
  const search = useCallback((q: string) => change({ q }, { typing: true }), [change])
  if (tenants.error && toProblem(tenants.error).code === 'auth.forbidden') return <NotForThem />
  const filtered = view.model !== undefined || view.from !== undefined || view.to !== undefined
  const narrowed = view.q.trim() !== '' || view.state !== 'all' || filtered
  const total = tenants.isPlaceholderData ? undefined : tenants.data?.pages[0]?.total
  return (
    <>
      <PageHeader
        title="Tenants"
        subtitle={counts && formatCount(counts.all)}
        actions={
          <>
            <span className="phone:hidden">
              <CopyLinkButton />
            </span>
            {props.more}
            <NewTenantButton />
          </>
        }
        tabs={
          <Tabs
            label="Tenants by state"
            items={tenantStates.map((state) => ({
              key: state,
              name: stateNames[state],
              link: {
                to: '.',
                search: (old: Record<string, unknown>) => ({ ...old, state: state === 'all' ? undefined : state }),
              },
              count: counts && formatCount(counts[state]),
              alarming: state === 'attention' && counts !== undefined && counts.attention > 0,
              current: state === view.state,
            }))}
          />
        }
        bar={
          <>
            <SearchField label="Name, id or domain" value={view.q} onSearch={search} />
            <TenantFilters filters={view} models={counts?.models ?? []} onChange={change} />
            <p role="status" className="ms-auto text-meta text-ink-3 tabular-nums phone:sr-only phone:relative">
              {narrowed && total !== undefined && `${formatCount(total)} match`}
            </p>
            <SortMenu sort={view.sort} sorts={sorts} onSort={(sort) => change({ sort })} />
          </>
        }
      />
      <QueryPanel what="Tenants" query={tenants} skeleton={<TableSkeleton rows={14} plates />}>
        {() => {
          if (rows.length === 0 && !tenants.isPlaceholderData) {
            return narrowed ? (
              <NoTenantMatches
                search={view.q.trim()}
                state={view.state === 'all' ? undefined : stateNames[view.state]}
                filtered={filtered}
                onSearch={(q) => change({ q, ...unnarrowed })}
                onClear={() => change({ q: '', ...unnarrowed })}
              />
            ) : (
              <EmptyState
                title="No tenants yet"
                action={<ButtonLink to={paths.newTenant}>Onboard the first tenant</ButtonLink>}
              >
                A tenant is one organization with its own prompt, documents, users and usage.
              </EmptyState>
            )
          }
          return (
            <>
              <TenantsTable
                {...list}
                total={total}
                unfinished={unfinished}
                sort={view.sort}
                onSort={(sort) => {
                  const chosen = sorts.find(({ value }) => value === writeSort(sort))
                  if (chosen) change({ sort: chosen.value })
                }}
              />
              <ListEnd what="The next tenants" unit="tenant" rows={rows.length} total={total} pages={tenants} />
            </>
          )
        }}
      </QueryPanel>
    </>
  )
}

function NotForThem(): ReactNode {
  return (
    <>
      <PageHeader title="Tenants" />
      <NoPermission
        title="Only superusers see every tenant"
        back={
          <Link to={paths.account} className="link">
            Go to your account
          </Link>
        }
      >
        A superuser of this server can open a tenant for you, or make your account a superuser.
      </NoPermission>
    </>
  )
}
