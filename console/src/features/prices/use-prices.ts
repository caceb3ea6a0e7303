import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { useApi } from '../../api/api-context.ts'
import { ask, type Api } from '../../api/client.ts'

/** Every version of every price, and models without one. */
export type Prices = Awaited<ReturnType<typeof askPrices>>
/** A version of a model's price. */
export type Price = Prices['items'][number]
/** What a new version is made of. */
export type NewPrice = NonNullable<Parameters<Api['server']['admin']['prices']['post']>[0]>

const key = ['prices']

function askPrices(options: { api: Api; signal: AbortSignal }) {
  return ask(options.api.server.admin.prices.get({ fetch: { signal: options.signal } }))
}

/** Every version of every price. */
export function getPricesQueryOptions(api: Api) {
  return queryOptions({ queryKey: key, queryFn: ({ signal }) => askPrices({ api, signal }) })
}

/** Sets a price from a moment on. */
export function useAddPrice() {
  const api = useApi()
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (price: NewPrice) => ask(api.server.admin.prices.post(price)),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: key }),
  })
}

/** Removes a version; the one before it is in force again. */
export function useRemovePrice() {
  const api = useApi()
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (price: Price) => ask(api.server.admin.prices({ price: price.id }).delete()),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: key }),
  })
}
