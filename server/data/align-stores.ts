import type { TenantId } from '../platform/ids.ts'
import {
  applyDifferences,
  countStoreRows,
  findDifferences,
  markRanges,
  type RangeMarks,
  type RangeStarts,
} from './copy-store.ts'
import type { TenantScope } from './tenant-scope.ts'

/** A tenant's store and the one that is made like it, past the latter's fence. */
export interface StorePair {
  tenantId: TenantId
  source: TenantScope
  target: TenantScope
  starts: RangeStarts
  /** The source's marks at the last moment that the target was made equal to; none before the first time. */
  equalAt?: RangeMarks
}

/** Makes the target like a snapshot of the source; returns how many rows were different. */
export function alignStores(pair: StorePair): Promise<number> {
  const { tenantId, source, target, starts } = pair
  return source.snapshot(async (from) => {
    const now = await markRanges(from, { tenantId, starts })
    const marks = { now, equal: pair.equalAt }
    const compare = () =>
      target.snapshot((to) => findDifferences({ source: from, target: to }, { tenantId, starts, marks }))
    const differences = await compare()
    if (differences.length > 0) {
      await target.writePastFence((to) => applyDifferences({ source: from, target: to }, { tenantId, differences }))
      // Looked at once more: what was written is compared like everything else.
      const left = await compare()
      if (left.length > 0) throw new Error(`the target does not take ${left.map(({ table }) => table).join(', ')}`)
    }
    pair.equalAt = now
    return differences.reduce((sum, { stale, surplus }) => sum + stale.length + surplus.length, 0)
  })
}

/** While nothing writes on either side: whatever was overlooked range by range must not get past this. Throws. */
export async function ensureSameCounts({ tenantId, source, target }: StorePair): Promise<void> {
  const [left, arrived] = await Promise.all(
    [source, target].map((side) => side.read((database) => countStoreRows(database, tenantId))),
  )
  if (left !== arrived) throw new Error(`the source has ${left} rows, the target ${arrived}`)
}
