import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { ask, type Api } from '../../api/client.ts'

/** The limits in force, where their counters stand, and warnings. */
export type LimitFacts = Awaited<ReturnType<typeof askLimits>>
/** Requests that one user was refused by one counter within one minute. */
export type Refusal = Awaited<ReturnType<typeof askRefusals>>['items'][number]

const watchingMs = 10_000
const pageRows = 50

function askLimits(options: { api: Api; id: string; signal: AbortSignal }) {
  const { api, id, signal } = options
  return ask(api.server.admin.tenants({ id }).limits.get({ fetch: { signal } }))
}

function askRefusals(options: { api: Api; id: string; cursor: string | undefined; signal: AbortSignal }) {
  const { api, id, cursor, signal } = options
  return ask(
    api.server.admin.tenants({ id }).limits.refusals.get({ query: { limit: pageRows, cursor }, fetch: { signal } }),
  )
}

/** A tenant's limits, looked at again every ten seconds while the page is seen. */
export function getLimitsQueryOptions(api: Api, id: string) {
  return queryOptions({
    queryKey: ['tenant', id, 'limits'],
    queryFn: ({ signal }) => askLimits({ api, id, signal }),
    refetchInterval: watchingMs,
  })
}

/** What a tenant's limits refused, last ones first, in pages of 50. */
export function getRefusalsQueryOptions(api: Api, id: string) {
  return infiniteQueryOptions({
    queryKey: ['tenant', id, 'limits', 'refusals'],
    queryFn: ({ signal, pageParam }) => askRefusals({ api, id, cursor: pageParam, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: watchingMs,
  })
}
