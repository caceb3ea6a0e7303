import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { useApi } from '../api/api-context.ts'
import { ask, type Api } from '../api/client.ts'
import { fleetKey } from './use-retry-store.ts'

const askAgainMs = 15_000
/** While something goes on that is worth watching. */
const watchingMs = 2_000

/** The databases of dedicated tenants, as they are. */
export type Fleet = Awaited<ReturnType<typeof askFleet>>

/** The fleet; a server that is down takes its answer up to three seconds, so it is asked for apart from the system. */
export function getFleetQueryOptions(api: Api) {
  return queryOptions({
    queryKey: fleetKey,
    queryFn: ({ signal }) => askFleet({ api, signal }),
    refetchInterval: ({ state }) => (state.data && state.data.moves.length > 0 ? watchingMs : askAgainMs),
  })
}

/** Makes or migrates every failed database again; resolves once all were tried, or after ten seconds. */
export function useRetryFleet() {
  const api = useApi()
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: () => ask(api.server.admin.system.fleet.retry.post()),
    onSuccess: (fleet) => {
      queryClient.setQueryData(getFleetQueryOptions(api).queryKey, fleet)
      void queryClient.invalidateQueries({ queryKey: ['tenants'] })
      void queryClient.invalidateQueries({ queryKey: ['tenant'] })
    },
  })
}

function askFleet(options: { api: Api; signal: AbortSignal }) {
  return ask(options.api.server.admin.system.fleet.get({ fetch: { signal: options.signal } }))
}
