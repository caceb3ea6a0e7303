import { expect, test } from 'bun:test'
import { createBatcher } from '../../../server/data/batcher.ts'

/** Sends items of so many bytes at once; returns the batches they travelled in. */
async function batchesOf(sizes: number[], bounds: { itemsMax: number; bytesMax?: number }): Promise<number[][]> {
  const batches: number[][] = []
  const send = createBatcher<number, number>({
    ...bounds,
    inFlightMax: 1,
    sizeOf: (bytes) => bytes,
    send: (items) => {
      batches.push(items)
      return Promise.resolve(items)
    },
  })
  expect(await Promise.all(sizes.map((size) => send(size)))).toEqual(sizes)
  return batches
}

test('a batch is bounded by items, in the order they came', async () => {
  expect(await batchesOf([1, 2, 3, 4, 5], { itemsMax: 2 })).toEqual([[1, 2], [3, 4], [5]])
})

test('C5: a batch is bounded by bytes too, and what is larger than the bound travels alone', async () => {
  expect(await batchesOf([4, 6, 1, 50, 3, 3], { itemsMax: 200, bytesMax: 10 })).toEqual([[4, 6], [1], [50], [3, 3]])
})
