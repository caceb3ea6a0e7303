import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import type { Range } from '../../lib/ranges.ts'
import { useView } from '../../lib/use-view.ts'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { getTenantQueryOptions, type Tenant } from '../../panels/tenant.queries.ts'
import { ButtonLink } from '../../ui/button-link.tsx'
import { Icon } from '../../ui/icons.tsx'
import { PageActions } from '../../ui/page-actions.tsx'
import { RangeChoice } from '../../ui/range-choice.tsx'
import { WithRail } from '../../ui/section.tsx'
import { ChangesSection } from './changes-section.tsx'
import { ConnectionsSection } from './connections-section.tsx'
import { MonthSection } from './month-section.tsx'
import { NoRequests } from './no-requests.tsx'
import { OverviewGrid } from './overview-grid.tsx'
import type { OverviewPages } from './overview-pages.ts'
import { OverviewSkeleton } from './overview-skeleton.tsx'
import { SessionsSection } from './sessions-section.tsx'
import { getTenantOverviewQueryOptions, type TenantOverview } from './tenant-overview.queries.ts'
import { tenantOverviewView } from './tenant-overview.view.ts'

/** How a tenant does: what it was asked, how fast it answered, what that cost, and what stands behind it. */
export function TenantOverviewPage(props: { pages: OverviewPages }): ReactNode {
  const { pages } = props
  const { tenantId: id = '' } = useParams({ strict: false })
  const api = useApi()
  const [{ range, only }, change] = useView(tenantOverviewView)
  const { data: tenant } = useQuery(getTenantQueryOptions(api, id))
  const overview = useQuery(getTenantOverviewQueryOptions({ api, id, range }))
  if (!tenant) return null
  return (
    <>
      <PageActions>
        <RangeChoice value={range} onChoose={(chosen) => change({ range: chosen })} />
        {pages.prompt !== undefined && (
          <ButtonLink to={pages.prompt} className="phone:hidden">
            <Icon name="chat" />
            Try it
          </ButtonLink>
        )}
      </PageActions>
      <QueryPanel what="The overview" query={overview} skeleton={<OverviewSkeleton />}>
        {(data) => (
          <WithRail
            label={`What stands behind ${tenant.name}`}
            rail={
              <>
                <MonthSection tenantId={tenant.id} month={data.month} />
                <ConnectionsSection overview={data} to={pages.connections} />
                <ChangesSection changes={data.changes} tenantId={id} pages={pages} />
              </>
            }
          >
            <Work
              overview={data}
              tenant={tenant}
              pages={pages}
              only={only}
              onOnly={(key) => change({ only: key })}
              onRange={(chosen) => change({ range: chosen })}
              stale={overview.isPlaceholderData}
            />
          </WithRail>
        )}
      </QueryPanel>
    </>
  )
}

function Work(props: {
  overview: TenantOverview
  tenant: Tenant
  pages: OverviewPages
  only: string | undefined
  onOnly: (key: string | undefined) => void
  onRange: (range: Range) => void
  stale: boolean
}): ReactNode {
  const { overview, tenant } = props
  const { totals, previous_series: before, month } = overview
  const usedBefore = before.some(({ requests }) => requests > 0)
  if (totals.requests > 0 || usedBefore) {
    return (
      <>
        <OverviewGrid overview={overview} only={props.only} onOnly={props.onOnly} stale={props.stale} />
        <SessionsSection tenantId={tenant.id} />
      </>
    )
  }
  return (
    <NoRequests
      name={tenant.name}
      range={overview.range}
      usedBefore={month.totals.requests > 0}
      pages={props.pages}
      onWiden={() => props.onRange('30d')}
    />
  )
}
