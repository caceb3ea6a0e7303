import { useQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { toProblem } from '../../api/problem.ts'
import { formatSpan } from '../../lib/times.ts'
import { useNow } from '../../lib/use-now.ts'
import { saveFile } from '../../lib/save-file.ts'
import { useView } from '../../lib/use-view.ts'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { isForbidden, SuperusersOnly } from '../../panels/superusers-only.tsx'
import { Bone, TableSkeleton } from '../../ui/bone.tsx'
import { Button } from '../../ui/button.tsx'
import { CopyLinkButton } from '../../ui/copy-button.tsx'
import { EmptyState, NoMatch } from '../../ui/empty-state.tsx'
import { Icon } from '../../ui/icons.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { useToasts } from '../../ui/toasts.ts'
import { UsageBar } from './usage-bar.tsx'
import { UsageReport } from './usage-report.tsx'
import { findPeriod, findPeriodBefore, usageView, type Period } from './usage-view.ts'
import { fetchUsageCsv, getTenantNamesQueryOptions, getUsageQueryOptions } from './usage.queries.ts'

const noNames: ReadonlyMap<string, string> = new Map()

/** What all tenants used: figures, chart and table from one query; its CSV is exactly this view. */
export function UsagePage(): ReactNode {
  const api = useApi()
  const [view, change] = useView(usageView)
  const { range, group } = view
  const now = useNow()
  const period = findPeriod({ ...view, now })
  const before = findPeriodBefore({ ...view, period, now })
  const usage = useQuery(getUsageQueryOptions({ api, period }))
  // By model there are fewest rows; only the sums of the period before are shown.
  const usageBefore = useQuery(getUsageQueryOptions({ api, period: { ...before, group: 'model' } }))
  const names = useQuery(getTenantNamesQueryOptions({ api, enabled: group === 'tenant' }))

  const status = usage.error === null ? undefined : toProblem(usage.error).status
  if (isForbidden(usage)) return <SuperusersOnly title="Usage" what="The usage of all tenants is" />
  return (
    <>
      <PageHeader
        title="Usage"
        subtitle={`${formatSpan({ from: period.from, to: new Date(Date.parse(period.to) - 1).toISOString() })}, UTC`}
        actions={
          <>
            <CopyLinkButton />
            <ExportButton period={period} />
          </>
        }
        bar={
          <UsageBar
            view={view}
            bucket={period.bucket}
            usualBucket={findPeriod({ ...view, per: 'auto', now }).bucket}
            now={now}
            onChange={change}
          />
        }
      />
      {status === 400 || status === 422 ? (
        <NoMatch
          title="This view has too many rows"
          actions={
            <Button onClick={() => change({ per: 'auto', group: 'model', only: undefined })}>Group by model</Button>
          }
        >
          Fewer groups, a shorter range or longer bars make it small enough to show.
        </NoMatch>
      ) : (
        <QueryPanel what="Usage" query={usage} skeleton={<UsageSkeleton />}>
          {(data) =>
            data.cells.length === 0 ? (
              <EmptyState
                title="No requests in this time"
                action={
                  range === '30d' ? (
                    <Button onClick={() => void usage.refetch()}>Look again</Button>
                  ) : (
                    <Button onClick={() => change({ range: '30d', from: undefined, to: undefined })}>
                      Show 30 days
                    </Button>
                  )
                }
              >
                Every answer, embedding and test is counted here as soon as it ends.
              </EmptyState>
            ) : (
              <UsageReport
                {...data}
                before={usageBefore.isPlaceholderData ? undefined : usageBefore.data}
                range={range}
                now={now}
                stale={usage.isPlaceholderData}
                names={names.data ?? noNames}
                view={view}
                onChange={change}
              />
            )
          }
        </QueryPanel>
      )}
    </>
  )
}

function ExportButton({ period }: { period: Period }): ReactNode {
  const api = useApi()
  const toasts = useToasts()
  const [busy, setBusy] = useState(false)
  const save = async (): Promise<void> => {
    setBusy(true)
    try {
      const { name, file } = await fetchUsageCsv({ api, period })
      saveFile({ name, content: file })
    } catch {
      toasts.failed('The CSV was not made: the server did not send it', {
        action: { label: 'Export CSV', run: () => void save() },
      })
    } finally {
      setBusy(false)
    }
  }
  return (
    <Button busy={busy} onClick={() => void save()}>
      {!busy && <Icon name="download" className="shrink-0 text-ink-3" />}
      Export CSV
    </Button>
  )
}

function UsageSkeleton(): ReactNode {
  return (
    <>
      <div className="flex border-b border-line phone:grid phone:grid-cols-2">
        {[0, 1, 2, 3, 4].map((at) => (
          <div key={at} className="flex h-[101px] flex-1 flex-col gap-3 px-6 pt-5 phone:px-4">
            <Bone width={64} />
            <Bone width={110} height={18} />
          </div>
        ))}
      </div>
      <div className="h-[346px] border-b border-line px-6 pt-6 phone:px-4">
        <Bone width="100%" height={290} />
      </div>
      <TableSkeleton rows={5} />
    </>
  )
}
