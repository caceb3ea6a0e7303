import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { ask, type Api } from '../../api/client.ts'
import type { RetrievalSettings } from './retrieval-fields.ts'

/** What every way of searching found for a question. */
export type Comparison = Awaited<ReturnType<typeof askComparison>>

interface Asked {
  tenantId: string
  question: string
  /** Instead of the stored settings; undefined tries those. */
  draft: RetrievalSettings | undefined
  /** Changes when the same question is asked again. */
  time: number
}

/** Searches a tenant's knowledge in every way. What was found stays while another question is under way. */
export function getComparisonQueryOptions(api: Api, asked: Asked) {
  return queryOptions({
    queryKey: ['retrieval-test', asked.tenantId, asked.question, asked.draft, asked.time],
    queryFn: ({ signal }) => askComparison(api, asked, signal),
    enabled: asked.question !== '',
    // Embedding a question costs: it is asked again only when somebody asks again.
    staleTime: Infinity,
    retry: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    placeholderData: asked.question === '' ? undefined : keepPreviousData,
  })
}

function askComparison(api: Api, asked: Asked, signal: AbortSignal) {
  return ask(
    api.server.admin
      .tenants({ id: asked.tenantId })
      .retrieval.test.post({ query: asked.question, ...asked.draft }, { fetch: { signal } }),
  )
}
