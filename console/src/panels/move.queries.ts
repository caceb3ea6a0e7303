import { queryOptions } from '@tanstack/react-query'
import { ask, type Api } from '../api/client.ts'

/** A tenant's move from one store to another: how far it is, or how it ended. */
export type Move = Awaited<ReturnType<typeof askMove>>

const watchingMs = 500

/** The move of a tenant that is being moved, watched closely until it ends. Superusers only. */
export function getMoveQueryOptions(api: Api, tenantId: string) {
  return queryOptions({
    queryKey: ['tenant', tenantId, 'move'],
    queryFn: ({ signal }) => askMove({ api, tenantId, signal }),
    refetchInterval: ({ state }) => (state.data?.ended_at == null ? watchingMs : false),
    refetchIntervalInBackground: true,
    staleTime: 0,
    // How an earlier move ended must not be taken for the end of the next one.
    gcTime: 0,
  })
}

/** The last moves of a tenant, newest first; none when it was never moved. Superusers only. */
export function getMovesQueryOptions(api: Api, tenantId: string) {
  return queryOptions({
    queryKey: ['tenant', tenantId, 'moves'],
    queryFn: async ({ signal }) =>
      (await ask(api.server.admin.tenants({ id: tenantId }).moves.get({ fetch: { signal } }))).items,
    staleTime: 5_000,
  })
}

function askMove(options: { api: Api; tenantId: string; signal: AbortSignal }) {
  const { api, tenantId, signal } = options
  return ask(api.server.admin.tenants({ id: tenantId }).move.get({ fetch: { signal } }))
}
