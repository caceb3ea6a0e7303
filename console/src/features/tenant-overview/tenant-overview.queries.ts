import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { ask, type Api } from '../../api/client.ts'
import type { Range } from '../../lib/ranges.ts'

const askEveryMs = 60_000

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
