import { infiniteQueryOptions, keepPreviousData, type QueryClient, queryOptions } from '@tanstack/react-query'
import { ask, type Api } from '../../api/client.ts'
import { isWorking } from './document-words.ts'
import type { KnowledgeState } from './knowledge.view.ts'

const pageRows = 50
const workingAskedEveryMs = 1_000
const restingAskedEveryMs = 30_000

/** A document of a tenant's knowledge. */
export type KnownDocument = Awaited<ReturnType<typeof askDocuments>>['items'][number]

/** What the list is narrowed to. */
export type DocumentsWanted = Pick<KnowledgeState, 'q' | 'state' | 'sort'>

/** A tenant's documents, page by page, asked for each second while something is done about one of them. */
export function getDocumentsQueryOptions(options: { api: Api; tenantId: string; wanted: DocumentsWanted }) {
  const { api, tenantId, wanted } = options
  const status = wanted.state === 'any' ? undefined : wanted.state === 'working' ? 'unfinished' : wanted.state
  const filters = { q: wanted.q.trim() || undefined, status, sort: wanted.sort } as const
  return infiniteQueryOptions({
    queryKey: ['tenant', tenantId, 'documents', 'list', filters],
    queryFn: ({ signal, pageParam }) =>
      askDocuments({
        api,
        tenantId,
        signal,
        query: {
          ...filters,
          limit: pageRows,
          cursor: pageParam || undefined,
          include: pageParam ? undefined : 'counts',
        },
      }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    staleTime: 5_000,
    refetchInterval: ({ state }) => {
      const counts = state.data?.pages[0]?.counts
      return counts && counts.queued + counts.processing > 0 ? workingAskedEveryMs : restingAskedEveryMs
    },
  })
}

/** One document; asked for each second while something is done about it. */
export function getDocumentQueryOptions(options: { api: Api; tenantId: string; id: string }) {
  const { api, tenantId, id } = options
  return queryOptions({
    queryKey: ['tenant', tenantId, 'documents', 'one', id],
    queryFn: ({ signal }) =>
      ask(api.server.admin.tenants({ id: tenantId }).documents({ doc: id }).get({ fetch: { signal } })),
    refetchInterval: ({ state }) => (state.data && isWorking(state.data) ? workingAskedEveryMs : restingAskedEveryMs),
  })
}

/** A stretch of a document's text; `version` is when the document was last changed. */
export function getTextQueryOptions(options: {
  api: Api
  tenantId: string
  id: string
  from: number
  to: number
  version: string
}) {
  const { api, tenantId, id, from, to, version } = options
  return queryOptions({
    queryKey: ['tenant', tenantId, 'documents', 'text', id, from, to, version],
    queryFn: async ({ signal }) => {
      const path = `${documentPath(tenantId, id)}/content?from=${from}&to=${to}` as const
      return (await api.send(path, { signal })).text()
    },
    staleTime: Infinity,
  })
}

/** Where a tenant's documents are on the server. */
export function documentsPath(tenantId: string): `/${string}` {
  return `/admin/tenants/${encodeURIComponent(tenantId)}/documents`
}

/** Where a document is on the server. */
export function documentPath(tenantId: string, id: string): `/${string}` {
  return `${documentsPath(tenantId)}/${encodeURIComponent(id)}`
}

/** Has the documents of a tenant asked for anew; do not wait for it. */
export function refreshDocuments(options: { queryClient: QueryClient; tenantId: string }): void {
  void options.queryClient.invalidateQueries({ queryKey: ['tenant', options.tenantId, 'documents'] })
}

type DocumentsQuery = NonNullable<
  Parameters<ReturnType<Api['server']['admin']['tenants']>['documents']['get']>[0]
>['query']

function askDocuments(options: { api: Api; tenantId: string; query: DocumentsQuery; signal: AbortSignal }) {
  const { api, tenantId, query, signal } = options
  return ask(api.server.admin.tenants({ id: tenantId }).documents.get({ query, fetch: { signal } }))
}
