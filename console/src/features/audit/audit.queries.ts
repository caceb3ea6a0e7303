import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { ask, type Api } from '../../api/client.ts'
import type { AuditFilters } from './audit-view.ts'

/** An entry of the audit log as the server tells it. */
export type AuditEntry = Awaited<ReturnType<typeof askPage>>['items'][number]

const pageRows = 50
/** An entry's id holds the time it was made; the row is written within the same transaction. */
const beforeMs = 5_000
const afterMs = 60_000

type Query = NonNullable<Parameters<Api['server']['admin']['audit']['get']>[0]>['query']

function askPage(options: { api: Api; query: Query; signal: AbortSignal }) {
  return ask(options.api.server.admin.audit.get({ query: options.query, fetch: { signal: options.signal } }))
}

/** The log under its filters, newest first, in pages of 50; old rows stay while others come. */
export function getAuditQueryOptions(options: { api: Api; filters: AuditFilters }) {
  const { api, filters } = options
  return infiniteQueryOptions({
    queryKey: ['audit', 'list', filters],
    queryFn: ({ signal, pageParam }) =>
      askPage({
        api,
        signal,
        query: {
          q: filters.q.trim() || undefined,
          action: filters.action,
          outcome: filters.outcome || undefined,
          tenant_id: filters.tenant,
          limit: pageRows,
          cursor: pageParam,
        },
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  })
}

/** One entry that is not among the rows loaded, such as one from a copied link; null when there is none. */
export function getAuditEntryQueryOptions(options: { api: Api; id: string; enabled: boolean }) {
  const { api, id, enabled } = options
  return queryOptions({
    queryKey: ['audit', 'entry', id],
    queryFn: async ({ signal }) => {
      const madeMs = readMadeMs(id)
      if (madeMs === undefined) return null
      const [from, to] = [new Date(madeMs - beforeMs).toISOString(), new Date(madeMs + afterMs).toISOString()]
      let cursor: string | undefined
      do {
        // Each page needs the cursor of the one before.
        // oxlint-disable-next-line no-await-in-loop
        const page = await askPage({ api, signal, query: { from, to, limit: 200, cursor } })
        const entry = page.items.find((item) => item.id === id)
        if (entry) return entry
        cursor = page.next_cursor ?? undefined
      } while (cursor !== undefined)
      return null
    },
    enabled,
  })
}

/** The Unix time in milliseconds of a UUIDv7 (RFC 9562 §5.7); undefined for any other text. */
export function readMadeMs(id: string): number | undefined {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(id)) return undefined
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)
}
