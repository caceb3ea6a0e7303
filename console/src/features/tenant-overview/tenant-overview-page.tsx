import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { describeCount, describeMs, formatMoney } from '../../lib/numbers.ts'
import { describeRange } from '../../lib/ranges.ts'
import { useView } from '../../lib/use-view.ts'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { TableSkeleton } from '../../ui/bone.tsx'
import { FigureStrip } from '../../ui/figure.tsx'
import { PageActions } from '../../ui/page-actions.tsx'
import { RangeChoice } from '../../ui/range-choice.tsx'
import { getTenantOverviewQueryOptions } from './tenant-overview.queries.ts'
import { tenantOverviewView } from './tenant-overview.view.ts'

/** How a tenant does: what it was asked, how fast it answered and what that cost. */
export function TenantOverviewPage(): ReactNode {
  const { tenantId: id = '' } = useParams({ strict: false })
  const [{ range }, change] = useView(tenantOverviewView)
  const overview = useQuery(getTenantOverviewQueryOptions({ api: useApi(), id, range }))
  return (
    <>
      <PageActions>
        <RangeChoice value={range} onChoose={(chosen) => change({ range: chosen })} />
      </PageActions>
      <QueryPanel what="The overview" query={overview} skeleton={<TableSkeleton />}>
        {({ totals }) => (
          <FigureStrip
            label={`Figures of ${describeRange(range).span}`}
            figures={[
              { key: 'requests', name: 'Requests', value: describeCount(totals.requests) },
              { key: 'first-token', name: 'First token, p50', value: describeMs(totals.first_token_ms_p50) },
              { key: 'tokens', name: 'Tokens', value: describeCount(totals.total_tokens) },
              { key: 'cost', name: 'Cost', value: { number: formatMoney(totals.cost_micro_usd), unit: '' } },
            ]}
          />
        )}
      </QueryPanel>
    </>
  )
}
