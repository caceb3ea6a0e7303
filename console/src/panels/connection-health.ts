import { queryOptions, type QueryClient } from '@tanstack/react-query'
import { ask, type Api } from '../api/client.ts'
import type { ConnectionKind } from './connection-fields.ts'

/** What the server keeps of a tenant's connections and of what its settings come to. */
export type TenantOverview = Awaited<ReturnType<typeof askOverview>>

/** How one connection does. */
export type ConnectionState = TenantOverview['connections'][number]

/** The server writes down what a test found within two seconds. */
const writtenAfterMs = 2_500

/** How a tenant's connections do, and which provider, model and retrieval its settings come to. */
export function getConnectionHealthQueryOptions(api: Api, id: string) {
  return queryOptions({
    queryKey: ['tenant', id, 'overview', '24h'],
    queryFn: ({ signal }) => askOverview({ api, id, signal }),
    select: ({ connections, effective }) => ({ connections, effective }),
    staleTime: 15_000,
  })
}

function askOverview(options: { api: Api; id: string; signal: AbortSignal }) {
  const { api, id, signal } = options
  return ask(api.server.admin.tenants({ id }).overview.get({ query: { range: '24h' }, fetch: { signal } }))
}

/** Shows what a test of the stored settings found wherever the tenant's connections stand, as the server soon does. */
export function noteTested(options: {
  queryClient: QueryClient
  tenantId: string
  kind: ConnectionKind
  test: { ok: boolean; steps: readonly { name: string; ok: boolean; detail: string }[] }
  at: Date
}): void {
  const { queryClient, tenantId, kind, test, at } = options
  queryClient.setQueriesData<TenantOverview>({ queryKey: ['tenant', tenantId, 'overview'] }, (old) => {
    if (old === undefined) return undefined
    const before = old.connections.find(({ connection }) => connection === kind)
    const now = judgeTest({ kind, before, failed: test.steps.find(({ ok }) => !ok), at: at.toISOString() })
    return { ...old, connections: [...old.connections.filter((state) => state !== before), now] }
  })
  setTimeout(() => {
    for (const queryKey of [
      ['tenant', tenantId, 'counts'],
      ['tenant', tenantId, 'overview'],
      ['overview'],
      ['tenants'],
    ]) {
      void queryClient.invalidateQueries({ queryKey })
    }
  }, writtenAfterMs)
}

/** How a connection does after a test of it, as the server will write it down. */
export function judgeTest(found: {
  kind: ConnectionKind
  before: ConnectionState | undefined
  failed: { name: string; detail: string } | undefined
  at: string
}): ConnectionState {
  const { kind, before, failed, at } = found
  if (!failed)
    return { connection: kind, last_success_at: at, failing_since: null, code: null, detail: null, affected: 0 }
  return {
    connection: kind,
    last_success_at: before?.last_success_at ?? null,
    failing_since: before?.failing_since ?? at,
    code: failed.name,
    detail: failed.detail,
    affected: before?.affected ?? 0,
  }
}
