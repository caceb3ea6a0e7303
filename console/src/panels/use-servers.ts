import { queryOptions, useQuery } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useApi } from '../api/api-context.ts'
import { ask, type Api } from '../api/client.ts'

/** A database server on which tenants may have databases of their own; its address is never sent. */
export type DatabaseServer = Awaited<ReturnType<typeof askServers>>[number]

const watchingMs = 15_000

/** All database servers, the built-in one first. Superusers only. */
export function getServersQueryOptions(api: Api) {
  return queryOptions({
    queryKey: ['database-servers'],
    queryFn: ({ signal }) => askServers({ api, signal }),
    staleTime: watchingMs,
  })
}

/**
 * The database servers, and what each is called where a place is told: nothing while there is only one, as it says
 * nothing then. For those who may not know of servers (`enabled` false) there are none.
 */
export function useServers(enabled: boolean): {
  servers: readonly DatabaseServer[]
  nameServer: (id: string) => string | undefined
} {
  const { data: servers = none } = useQuery({ ...getServersQueryOptions(useApi()), enabled })
  const nameServer = useCallback(
    (id: string) => (servers.length > 1 ? servers.find((server) => server.id === id)?.name : undefined),
    [servers],
  )
  return { servers, nameServer }
}

/** Whether a server takes new tenants: it does not drain and has room. */
export function takesTenants(server: Pick<DatabaseServer, 'is_draining' | 'tenants' | 'tenants_max'>): boolean {
  return !server.is_draining && (server.tenants_max === null || server.tenants < server.tenants_max)
}

const none: readonly DatabaseServer[] = []

async function askServers(options: { api: Api; signal: AbortSignal }) {
  const { api, signal } = options
  return (await ask(api.server.admin['database-servers'].get({ fetch: { signal } }))).items
}
