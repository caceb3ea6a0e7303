/** The values of a label, bounded: a metric keeps a series for each value as long as the process lives. */
export interface BoundedLabel {
  /** The value itself while it is among the ones with a series of their own, else `other`. Counts it once. */
  of(value: string): string
  /** Hears of values that lose their series to a busier one. */
  onDemoted(listener: (value: string) => void): void
}

/** What the values without a series of their own are called; no tenant's id begins so. */
export const otherLabel = '_other'

/** Values are remembered at most this many times the bound; the rarest are forgotten first. */
const rememberedFactor = 20
/** A value must be this much busier than the least busy of the named ones to take its place. */
const busierFactor = 2
const busierByMin = 20

/**
 * Names the busiest values. The first `max` get their names at once; later a busier one takes the place of the least
 * busy. What was counted under `_other` stays there, so every series only grows.
 */
export function createBoundedLabel(options: { max: number }): BoundedLabel {
  const { max } = options
  const counts = new Map<string, number>()
  const named = new Set<string>()
  const listeners: ((value: string) => void)[] = []
  /** Of the named ones, as far as known: counts only grow, so the true one is never lower. */
  let leastCount = 0

  function findLeastBusy(): string | undefined {
    let least: string | undefined
    for (const value of named) {
      if (least === undefined || (counts.get(value) ?? 0) < (counts.get(least) ?? 0)) least = value
    }
    leastCount = least === undefined ? 0 : (counts.get(least) ?? 0)
    return least
  }

  const isBusier = (count: number): boolean => count >= Math.max(leastCount * busierFactor, leastCount + busierByMin)

  function promote(value: string, count: number): boolean {
    if (!isBusier(count)) return false
    const least = findLeastBusy()
    if (least === undefined || !isBusier(count)) return false
    named.delete(least)
    named.add(value)
    for (const listener of listeners) listener(least)
    return true
  }

  function forgetRarest(): void {
    const rare = [...counts].filter(([value]) => !named.has(value)).sort((a, b) => a[1] - b[1])
    for (const [value] of rare.slice(0, Math.ceil(rare.length / 2))) counts.delete(value)
  }

  return {
    of(value) {
      const count = (counts.get(value) ?? 0) + 1
      counts.set(value, count)
      if (named.has(value)) return value
      if (named.size < max) {
        named.add(value)
        return value
      }
      if (counts.size > max * rememberedFactor) forgetRarest()
      return promote(value, count) ? value : otherLabel
    },
    onDemoted: (listener) => void listeners.push(listener),
  }
}
