import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { useSettled } from '../../lib/use-settled.ts'
import { useView } from '../../lib/use-view.ts'
import { LeaveGuard } from '../../panels/leave-guard.tsx'
import { ProblemPanel } from '../../panels/problem-panel.tsx'
import { getTenantQueryOptions, type Tenant } from '../../panels/tenant.queries.ts'
import { WithRail } from '../../ui/section.tsx'
import { QuestionForm } from './question-form.tsx'
import { RetrievalForm } from './retrieval-form.tsx'
import { getComparisonQueryOptions } from './retrieval.queries.ts'
import { retrievalView } from './retrieval.view.ts'
import { SearchFacts, WaysInvitation, WaysSideBySide, WaysSkeleton } from './ways.tsx'
import { useRetrievalSettings } from './use-retrieval-settings.ts'

/** How a tenant's passages are found: one question, every way of searching side by side, and the settings, tried before saved. */
export function RetrievalPage(): ReactNode {
  const { tenantId = '' } = useParams({ strict: false })
  const { data: tenant } = useQuery(getTenantQueryOptions(useApi(), tenantId))
  return tenant ? <Retrieval tenant={tenant} /> : null
}

function Retrieval(props: { tenant: Tenant }): ReactNode {
  const { tenant } = props
  const [{ q }, change] = useView(retrievalView)
  const [time, setTime] = useState(0)
  const settings = useRetrievalSettings(tenant)
  // What is being typed is tried once it rests; what cannot be saved cannot be tried.
  const draft = useSettled(settings.draft, 500)
  const comparison = useQuery(getComparisonQueryOptions(useApi(), { tenantId: tenant.id, question: q, draft, time }))
  const ask = (question: string): void => {
    if (question === q) setTime((before) => before + 1)
    else change({ q: question })
  }
  return (
    <WithRail label="Settings of retrieval" rail={<RetrievalForm settings={settings} isTried={q !== ''} />}>
      <div className="border-b border-line px-6 py-4 phone:px-4">
        <QuestionForm key={q} asked={q} busy={comparison.isFetching} onAsk={ask} />
        <SearchFacts comparison={q === '' ? undefined : comparison.data} isDraft={draft !== undefined} />
      </div>
      {q === '' ? (
        <WaysInvitation tenantId={tenant.id} />
      ) : comparison.data ? (
        <WaysSideBySide
          comparison={comparison.data}
          tenantId={tenant.id}
          isDraft={draft !== undefined}
          busy={comparison.isFetching}
        />
      ) : comparison.error ? (
        <ProblemPanel what="The search" thrown={comparison.error} onTryAgain={() => comparison.refetch()} />
      ) : (
        <WaysSkeleton />
      )}
      <LeaveGuard dirty={settings.isDirty} title="Leave without saving retrieval?" />
    </WithRail>
  )
}
