import { queryOptions } from '@tanstack/react-query'
import { ask, type Api } from '../../api/client.ts'

const askAgainMs = 15_000

/** What the server tells about itself. */
export type SystemFacts = Awaited<ReturnType<typeof askSystem>>

function askSystem(options: { api: Api; signal: AbortSignal }) {
  return ask(options.api.server.admin.system.get({ fetch: { signal: options.signal } }))
}

/** Version, database, upstreams and which variables are set; asked again every 15 s while the page is seen. */
export function getSystemQueryOptions(api: Api) {
  return queryOptions({
    queryKey: ['system'],
    queryFn: ({ signal }) => askSystem({ api, signal }),
    refetchInterval: askAgainMs,
  })
}
