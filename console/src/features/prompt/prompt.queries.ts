import { infiniteQueryOptions, type InfiniteData, type QueryClient } from '@tanstack/react-query'
import { ask, type Api } from '../../api/client.ts'
import { getTenantQueryOptions } from '../../panels/tenant.queries.ts'

const pageRows = 20

/** A page of versions, newest first, and what answers where a version is the platform's default. */
export type VersionsPage = Awaited<ReturnType<typeof askVersions>>

/** A version of a tenant's prompt; a null `system_prompt` is the platform's default. */
export type PromptVersion = VersionsPage['items'][number]

/** The versions that are loaded. */
export interface Versions {
  /** Newest first; the first is live. */
  items: readonly PromptVersion[]
  live: PromptVersion | undefined
  /** 0 when there was never one. */
  liveVersion: number
  /** What answers without a prompt of the tenant's own. */
  defaultPrompt: string
}

/** The versions that are not loaded yet. */
export interface OlderVersions {
  has: boolean
  busy: boolean
  /** Why the last try to load some failed. */
  failure: unknown
  load: () => Promise<unknown>
}

/** A tenant's prompt versions, page by page. */
export function getVersionsQueryOptions(api: Api, tenantId: string) {
  return infiniteQueryOptions({
    queryKey: ['tenant', tenantId, 'prompts'],
    queryFn: ({ signal, pageParam }) => askVersions({ api, tenantId, signal, cursor: pageParam || undefined }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    select: collectVersions,
    staleTime: 15_000,
  })
}

/** Asks anew for everything that shows a prompt or its number; rejects when that fails. */
export async function refreshPrompt(options: { api: Api; queryClient: QueryClient; tenantId: string }): Promise<void> {
  const { queryKey } = getTenantQueryOptions(options.api, options.tenantId)
  await Promise.all([
    options.queryClient.invalidateQueries({ queryKey }, { throwOnError: true }),
    options.queryClient.invalidateQueries({ queryKey: ['tenants'] }),
  ])
}

/** The text that a version answers with. */
export function textOf(version: PromptVersion | undefined, defaultPrompt: string): string {
  return version?.system_prompt ?? defaultPrompt
}

function collectVersions(data: InfiniteData<VersionsPage>): Versions {
  const items = data.pages.flatMap((page) => page.items)
  const live = items[0]
  return { items, live, liveVersion: live?.version ?? 0, defaultPrompt: data.pages[0]?.default_prompt ?? '' }
}

function askVersions(options: { api: Api; tenantId: string; signal: AbortSignal; cursor: string | undefined }) {
  const { api, tenantId, signal, cursor } = options
  return ask(
    api.server.admin.tenants({ id: tenantId }).prompts.get({ query: { limit: pageRows, cursor }, fetch: { signal } }),
  )
}
