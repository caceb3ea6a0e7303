import { queryOptions } from '@tanstack/react-query'
import { ask, type Api } from '../../api/client.ts'

const likeIdsMax = 20
const usersShownMax = 8
/** Before any usage there can be, so that all of it is counted. */
const ledgerStart = '2020-01-01T00:00:00Z'

/** Whether a tenant's id is free: `taken`, `free`, or `unknown` when more tenants are alike than are looked through. */
export function getIdFreeQueryOptions(api: Api, id: string) {
  return queryOptions({
    queryKey: ['tenants', 'id', id],
    queryFn: async ({ signal }) => {
      const query = { q: id, sort: 'id', limit: likeIdsMax }
      const { items, next_cursor } = await ask(api.server.admin.tenants.get({ query, fetch: { signal } }))
      if (items.some((tenant) => tenant.id === id)) return 'taken'
      return next_cursor === null ? 'free' : 'unknown'
    },
    enabled: id !== '',
    staleTime: 5_000,
  })
}

/** What the steps tell of a tenant beside its settings. */
export function getTenantFactsQueryOptions(api: Api, id: string) {
  return queryOptions({
    queryKey: ['tenant', id, 'setup'],
    queryFn: async ({ signal }) => {
      const of = api.server.admin.tenants({ id })
      const [overview, counts, usage, people] = await Promise.all([
        ask(of.overview.get({ query: { range: '24h' }, fetch: { signal } })),
        ask(of.counts.get({ fetch: { signal } })),
        ask(of.usage.get({ query: { from: ledgerStart, bucket: 'month', group_by: 'purpose' }, fetch: { signal } })),
        askFirstUsers({ api, id, signal }),
      ])
      const items = typeof usage === 'string' ? [] : usage.items
      const chats = items.filter(({ purpose }) => purpose === 'chat')
      return {
        effective: overview.effective,
        failing: counts.failing,
        promptVersion: counts.prompt_version,
        users: (people.total ?? people.items.length) - people.items.filter(isPassingBy).length,
        answers: chats.reduce((sum, { requests, failed }) => sum + requests - failed, 0),
      }
    },
    staleTime: 5_000,
    // What a connection came to is noted a moment after the call that found it.
    refetchInterval: 10_000,
  })
}

/** The newest users of a tenant, and how many there are. */
export function getFirstUsersQueryOptions(api: Api, id: string) {
  return queryOptions({
    queryKey: ['tenant', id, 'users', 'first'],
    queryFn: ({ signal }) => askFirstUsers({ api, id, signal }),
    select: ({ items, total }) => ({
      items: items.filter((user) => !isPassingBy(user)),
      more: (total ?? items.length) - items.length,
    }),
    staleTime: 5_000,
  })
}

/** A superuser who entered, or who is no more: not one of the tenant's users. */
function isPassingBy(user: { linked_as: string | null }): boolean {
  return user.linked_as === 'superuser' || user.linked_as === 'left' || user.linked_as === 'deleted'
}

function askFirstUsers(options: { api: Api; id: string; signal: AbortSignal }) {
  const { api, id, signal } = options
  const query = { limit: usersShownMax, sort: '-created_at', include: 'total' } as const
  return ask(api.server.admin.tenants({ id }).users.get({ query, fetch: { signal } }))
}
