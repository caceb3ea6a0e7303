import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { apiDocsPath } from '../../lib/paths.ts'
import { formatPlural } from '../../lib/numbers.ts'
import { describeRange } from '../../lib/ranges.ts'
import { useView } from '../../lib/use-view.ts'
import { NewTenantButton } from '../../panels/new-tenant-button.tsx'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { useMyDrafts } from '../../panels/use-my-drafts.ts'
import { Button, buttonClass } from '../../ui/button.tsx'
import { ButtonLink } from '../../ui/button-link.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { FigureStrip } from '../../ui/figure.tsx'
import { Icon } from '../../ui/icons.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { RangeChoice } from '../../ui/range-choice.tsx'
import { WithRail } from '../../ui/section.tsx'
import { BusiestTenants } from './busiest-tenants.tsx'
import { FailingConnections } from './failing-connections.tsx'
import { GetStarted } from './get-started.tsx'
import { HomeChart } from './home-chart.tsx'
import { describeFigure } from './home-figures.ts'
import type { HomePages } from './home-pages.ts'
import { HomeSkeleton } from './home-skeleton.tsx'
import { getFirstTenantQueryOptions, getOverviewQueryOptions, type Overview } from './home.queries.ts'
import { figureKeys, homeView, type FigureKey } from './home.view.ts'
import { RefusedTenants } from './refused-tenants.tsx'
import { UnfinishedSetups } from './unfinished-setups.tsx'

/** How the whole platform does: its figures and their course, its busiest tenants, and what needs somebody. */
export function HomePage(props: { pages: HomePages }): ReactNode {
  const { pages } = props
  const [view, change] = useView(homeView)
  const api = useApi()
  const overview = useQuery(getOverviewQueryOptions({ api, range: view.range }))
  const tenants = overview.data?.tenants
  const drafts = useMyDrafts()
  const onlyTenant = useQuery({ ...getFirstTenantQueryOptions(api), enabled: tenants === 1 })
  return (
    <>
      <PageHeader
        title="Home"
        subtitle={tenants === undefined ? 'Times in UTC' : `${formatPlural(tenants, 'tenant')}, times in UTC`}
        actions={
          <>
            <RangeChoice value={view.range} onChoose={(range) => change({ range })} />
            {pages.newTenant !== undefined && <NewTenantButton />}
          </>
        }
      />
      <QueryPanel what="The overview" query={overview} skeleton={<HomeSkeleton />}>
        {(data) => (
          <WithRail
            label="What needs somebody"
            rail={
              <>
                {data.tenants > 0 && (
                  <FailingConnections
                    connections={data.failing_connections}
                    pages={pages}
                    all={view.failing}
                    onAll={(failing) => change({ failing })}
                  />
                )}
                <RefusedTenants refusals={data.refusals} />
                <UnfinishedSetups drafts={drafts} />
                <GetStarted
                  checklist={data.checklist}
                  // There is no tenant to choose before the first one.
                  pages={data.tenants === 0 ? { ...pages, tenants: undefined } : pages}
                  onlyTenantId={data.tenants === 1 ? onlyTenant.data : undefined}
                />
              </>
            }
          >
            <Work
              overview={data}
              pages={pages}
              figure={view.figure}
              onFigure={(figure) => change({ figure })}
              onWiden={() => change({ range: '30d' })}
              stale={overview.isPlaceholderData}
            />
          </WithRail>
        )}
      </QueryPanel>
    </>
  )
}

function Work(props: {
  overview: Overview
  pages: HomePages
  figure: FigureKey
  onFigure: (figure: FigureKey) => void
  onWiden: () => void
  stale: boolean
}): ReactNode {
  const { overview, pages, figure, stale } = props
  const words = describeRange(overview.range)
  const { totals, previous } = overview
  return (
    <>
      <div className="@container overflow-x-auto overflow-y-hidden pb-px -mb-px">
        <div className="desk:min-w-[700px] [&_.truncate]:whitespace-normal @max-[800px]:[&_li:not(:first-child)_button]:px-4">
          <FigureStrip
            label={`Figures of ${words.span}`}
            figures={figureKeys.map((key) => ({ key, ...describeFigure({ key, totals, previous, words }) }))}
            chosen={figure}
            onChoose={props.onFigure}
          />
        </div>
      </div>
      {totals.requests === 0 && previous.requests === 0 ? (
        <NothingYet overview={overview} pages={pages} onWiden={props.onWiden} />
      ) : (
        <>
          <HomeChart overview={overview} figure={figure} stale={stale} />
          <BusiestTenants overview={overview} pages={pages} stale={stale} />
        </>
      )}
    </>
  )
}

function NothingYet(props: { overview: Overview; pages: HomePages; onWiden: () => void }): ReactNode {
  const { overview, pages } = props
  if (overview.tenants > 0) {
    return (
      <EmptyState
        title={`No requests in ${describeRange(overview.range).span}`}
        action={
          overview.range !== '30d' ? (
            <Button onClick={props.onWiden}>Show 30 days</Button>
          ) : (
            pages.tenants !== undefined && <ButtonLink to={pages.tenants}>Open tenants</ButtonLink>
          )
        }
      >
        Every answer of every tenant is counted here as soon as it ends.
      </EmptyState>
    )
  }
  return (
    <EmptyState
      title="No tenant yet"
      action={
        pages.newTenant === undefined ? (
          <a href={apiDocsPath} className={buttonClass({})}>
            Open the API reference
          </a>
        ) : (
          <ButtonLink to={pages.newTenant}>
            <Icon name="plus" />
            New tenant
          </ButtonLink>
        )
      }
    >
      The requests, tokens and cost of every tenant will be drawn here.
    </EmptyState>
  )
}
