import { keepPreviousData, queryOptions, type QueryClient } from '@tanstack/react-query'
import { ask, type Api } from '../../api/client.ts'
import { ApiProblem } from '../../api/problem.ts'
import type { Range } from '../../lib/ranges.ts'

const askEveryMs = 60_000
const overviewKey = ['overview'] as const

/** What Home shows. */
export type Overview = Awaited<ReturnType<typeof askOverview>>

/** A connection of a tenant that fails. */
export type FailingConnection = Overview['failing_connections'][number]

/** A tenant and what it used. */
export type BusyTenant = Overview['busiest'][number]

/** Everything on Home in one call; asked again every minute, the old range stays while another one comes. */
export function getOverviewQueryOptions(options: { api: Api; range: Range }) {
  const { api, range } = options
  return queryOptions({
    queryKey: [...overviewKey, range],
    queryFn: ({ signal }) => askOverview({ api, range, signal }),
    placeholderData: keepPreviousData,
    staleTime: askEveryMs / 2,
    // Whoever comes back from onboarding must not read that there is no tenant yet.
    refetchOnMount: 'always',
    refetchInterval: askEveryMs,
  })
}

function askOverview(options: { api: Api; range: Range; signal: AbortSignal }) {
  const { api, range, signal } = options
  return ask(api.server.admin.overview.get({ query: { range }, fetch: { signal } }))
}

/** The step a connection fails at, with what to do; undefined when it works. */
export interface TestFinding {
  /** The step's name, which is the failure's code from then on. */
  name: string
  detail: string
  remedy: string | null
}

/** Tests a connection as it is stored. Resolves with the failed step, or undefined when the connection works again. */
export async function testConnection(options: {
  api: Api
  connection: FailingConnection
}): Promise<TestFinding | undefined> {
  const { api, connection } = options
  const tenant = api.server.admin.tenants({ id: connection.tenant_id })
  if (connection.connection === 'database') return tryDatabase(ask(tenant.counts.get()))
  const test = await ask(connection.connection === 'model' ? tenant.model.test.post() : tenant.pinecone.test.post())
  return test.ok ? undefined : test.steps.find((step) => !step.ok)
}

/** Anything that is read from a tenant's database shows whether it answers. */
async function tryDatabase(reading: Promise<unknown>): Promise<TestFinding | undefined> {
  try {
    await reading
    return undefined
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.status !== 503) throw error
    return { name: error.code, detail: error.message, remedy: null }
  }
}

/** Takes a connection that works again off Home; the server writes it down within two seconds. */
export function forgetFailure(options: { queryClient: QueryClient; connection: FailingConnection }): void {
  const { queryClient, connection } = options
  queryClient.setQueriesData<Overview>({ queryKey: overviewKey }, (old) =>
    old === undefined
      ? undefined
      : { ...old, failing_connections: old.failing_connections.filter((one) => keyOf(one) !== keyOf(connection)) },
  )
}

/** Writes what a test found on Home, as the server does within two seconds. */
export function noteFinding(options: {
  queryClient: QueryClient
  connection: FailingConnection
  finding: TestFinding
}): void {
  const { queryClient, connection, finding } = options
  queryClient.setQueriesData<Overview>({ queryKey: overviewKey }, (old) =>
    old === undefined
      ? undefined
      : {
          ...old,
          failing_connections: old.failing_connections.map((one) =>
            keyOf(one) === keyOf(connection) ? { ...one, code: finding.name, detail: finding.detail } : one,
          ),
        },
  )
}

/** What tells one connection from another. */
export function keyOf(connection: Pick<FailingConnection, 'tenant_id' | 'connection'>): string {
  return `${connection.tenant_id} ${connection.connection}`
}

/** The id of a tenant; null while there is none. For the first steps, as long as there is just one. */
export function getFirstTenantQueryOptions(api: Api) {
  return queryOptions({
    queryKey: ['tenants', 'first'],
    queryFn: async ({ signal }) => {
      const { items } = await ask(api.server.admin.tenants.get({ query: { limit: 1 }, fetch: { signal } }))
      return items[0]?.id ?? null
    },
    select: (id) => id ?? undefined,
    staleTime: 15_000,
  })
}
