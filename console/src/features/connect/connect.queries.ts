import { queryOptions } from '@tanstack/react-query'
import { ask, type Api } from '../../api/client.ts'

const waitingMs = 3_000
const watchingMs = 15_000

/** Where frontends reach this server, and which origins may. */
export function getConnectQueryOptions(api: Api, id: string) {
  return queryOptions({
    queryKey: ['tenant', id, 'connect'],
    queryFn: ({ signal }) => ask(api.server.admin.tenants({ id }).connect.get({ fetch: { signal } })),
    staleTime: 60_000,
  })
}

/** The tenant's newest conversation, or null; looked for every three seconds until there is one. */
export function getNewestSessionQueryOptions(api: Api, id: string) {
  return queryOptions({
    queryKey: ['tenant', id, 'sessions', 'newest'],
    queryFn: async ({ signal }) => {
      const query = { sort: '-updated_at', limit: 1 }
      const { items } = await ask(api.server.admin.tenants({ id }).sessions.get({ query, fetch: { signal } }))
      return items[0] ?? null
    },
    refetchInterval: ({ state }) => (state.data ? watchingMs : waitingMs),
    staleTime: waitingMs,
  })
}
