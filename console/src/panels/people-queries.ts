import { keepPreviousData, type QueryClient, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { useApi } from '../api/api-context.ts'
import { ask, type Api, type User } from '../api/client.ts'

/** Somebody to be made. */
export interface NewPerson {
  email: string
  full_name: string
  password: string
}

const foundMax = 8

/** Platform users that a search finds, to pick one; the last answer stays while the next one comes. For superusers. */
export function getUserChoicesQueryOptions(options: { api: Api; search: string }) {
  const q = options.search.trim() || undefined
  return queryOptions({
    queryKey: ['users', 'list', 'choices', q],
    queryFn: ({ signal }) =>
      ask(options.api.server.admin.users.get({ query: { q, limit: foundMax, sort: 'email' }, fetch: { signal } })),
    select: (page) => page.items,
    placeholderData: keepPreviousData,
    staleTime: 15_000,
  })
}

/** Tenants that a search finds, to pick one; the last answer stays while the next one comes. For superusers. */
export function getTenantChoicesQueryOptions(options: { api: Api; search: string }) {
  return queryOptions({
    queryKey: ['tenants', 'choices', options.search],
    queryFn: ({ signal }) =>
      ask(
        options.api.server.admin.tenants.get({
          query: { q: options.search.trim() || undefined, limit: foundMax },
          fetch: { signal },
        }),
      ),
    select: (page) => page.items.map(({ id, name }) => ({ id, name })),
    placeholderData: keepPreviousData,
    staleTime: 15_000,
  })
}

/** Has the users of a tenant, and how many there are, asked for anew; do not wait for it. */
export function refreshTenantUsers(options: { queryClient: QueryClient; tenantId: string }): void {
  for (const part of ['users', 'counts']) {
    void options.queryClient.invalidateQueries({ queryKey: ['tenant', options.tenantId, part] })
  }
}

/** Makes a user of a tenant's own; rejects with 409 `user.email_taken` when the tenant has the address already. */
export function useCreateTenantUser(tenantId: string) {
  const api = useApi()
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: ({ email, password, full_name }: NewPerson): Promise<User> =>
      ask(
        api.server.admin
          .tenants({ id: tenantId })
          .users.post({ email: email.trim(), password, full_name: full_name.trim() || null }),
      ),
    onSuccess: () => refreshTenantUsers({ queryClient, tenantId }),
  })
}
