import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { ask, type Api } from '../../api/client.ts'
import type { Range } from '../../lib/ranges.ts'

const askEveryMs = 60_000
const noCursor: string | undefined = undefined

/** What a tenant's Overview shows. */
export type TenantOverview = Awaited<ReturnType<typeof askOverview>>

/** Everything on a tenant's Overview in one call; asked again every minute, the old range stays while another comes. */
export function getTenantOverviewQueryOptions(options: { api: Api; id: string; range: Range }) {
  const { api, id, range } = options
  return queryOptions({
    queryKey: ['tenant', id, 'overview', range],
    queryFn: ({ signal }) => askOverview({ api, id, range, signal }),
    placeholderData: keepPreviousData,
    staleTime: askEveryMs / 2,
    refetchInterval: askEveryMs,
  })
}

function askOverview(options: { api: Api; id: string; range: Range; signal: AbortSignal }) {
  const { api, id, range, signal } = options
  return ask(api.server.admin.tenants({ id }).overview.get({ query: { range }, fetch: { signal } }))
}

const sessionsFirst = 6
const sessionsMore = 20

/** A conversation by its figures, never its text. */
export type SessionFigures = Awaited<ReturnType<typeof askSessions>>['items'][number]

/** A tenant's conversations, last used first: a few, then more at a time. */
export function getTenantSessionsQueryOptions(options: { api: Api; id: string }) {
  const { api, id } = options
  return infiniteQueryOptions({
    queryKey: ['tenant', id, 'sessions'],
    queryFn: ({ signal, pageParam }) =>
      askSessions({
        api,
        id,
        signal,
        cursor: pageParam,
        limit: pageParam === undefined ? sessionsFirst : sessionsMore,
      }),
    initialPageParam: noCursor,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: askEveryMs / 2,
    refetchInterval: askEveryMs,
  })
}

function askSessions(options: {
  api: Api
  id: string
  signal: AbortSignal
  cursor: string | undefined
  limit: number
}) {
  const { api, id, signal, cursor, limit } = options
  return ask(api.server.admin.tenants({ id }).sessions.get({ query: { limit, cursor }, fetch: { signal } }))
}
