import { queryOptions } from '@tanstack/react-query'
import type { Api } from '../api/client.ts'

/** Who is signed in. */
export function getMeQueryOptions(api: Api) {
  return queryOptions({ queryKey: ['me'], queryFn: () => api.getMe(), staleTime: 30_000 })
}
