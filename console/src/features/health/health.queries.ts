import { queryOptions } from '@tanstack/react-query'
import type { Api } from '../../api/client.ts'
import { ask } from '../../api/client.ts'

const askEveryMs = 60_000

/** Whether requests may come; rejects when they may not. Asked every minute while somebody looks. */
export function getReadinessQueryOptions(api: Api) {
  return queryOptions({
    queryKey: ['health', 'ready'],
    queryFn: () => ask(api.server.health.ready.get()),
    refetchInterval: askEveryMs,
  })
}
