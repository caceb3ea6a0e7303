import { useToasts } from '../../ui/toasts.ts'
import { type NewPrice, type Price, useAddPrice, useRemovePrice } from './use-prices.ts'

/** Sets a price and says so, with a way back: without it the price before is in force again. */
export function useSetPrice(onDone: () => void): {
  set: (price: NewPrice) => Promise<void>
  busy: boolean
  error: unknown
} {
  const add = useAddPrice()
  const remove = useRemovePrice()
  const toasts = useToasts()
  const takeBack = async (price: Price): Promise<void> => {
    try {
      await remove.mutateAsync(price)
    } catch {
      toasts.failed('The price could not be taken back', { detail: 'Remove it from its history.' })
    }
  }
  return {
    busy: add.isPending,
    error: add.error,
    async set(price) {
      const made = await add.mutateAsync(price)
      onDone()
      toasts.done(`Price of ${made.model} set`, {
        detail: 'It counts from the next answer on.',
        undo: () => void takeBack(made),
      })
    },
  }
}
