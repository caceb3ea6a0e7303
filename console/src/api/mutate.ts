import type { QueryClient, QueryKey } from '@tanstack/react-query'

/**
 * The `onMutate`, `onError` and `onSettled` of a mutation that shows its outcome at once and takes it back when it
 * fails. `apply` changes what is cached under each of `keys` (prefixes; every cached query below counts).
 *
 * ```ts
 * useMutation({ mutationFn, ...optimistically({ queryClient, keys: [['tenants']], apply: (tenant: Tenant, change: string) => … }) })
 * ```
 */
export function optimistically<Cached, Variables>(options: {
  queryClient: QueryClient
  keys: readonly QueryKey[]
  apply: (cached: Cached, variables: Variables) => Cached
}) {
  const { queryClient, keys, apply } = options
  return {
    onMutate: async (variables: Variables) => {
      // A refetch under way would bring the old state back over the new one.
      await Promise.all(keys.map((queryKey) => queryClient.cancelQueries({ queryKey })))
      const before = keys.flatMap((queryKey) => queryClient.getQueriesData<Cached>({ queryKey }))
      for (const [queryKey, cached] of before) {
        if (cached !== undefined) queryClient.setQueryData<Cached>(queryKey, apply(cached, variables))
      }
      return { before }
    },
    onError: (
      _thrown: unknown,
      _variables: Variables,
      context: { before: [QueryKey, Cached | undefined][] } | undefined,
    ) => {
      for (const [queryKey, cached] of context?.before ?? []) queryClient.setQueryData<Cached>(queryKey, cached)
    },
    onSettled: async () => {
      await Promise.all(keys.map((queryKey) => queryClient.invalidateQueries({ queryKey })))
    },
  }
}
