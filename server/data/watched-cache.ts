/** Rows kept in memory as long as nobody changed them. */
export interface WatchedCache<V> {
  /** The row of this key, from memory or loaded; undefined rows are not kept. */
  get(key: string): Promise<V | undefined>
  /** The row if it is in memory and may be trusted, without waiting. */
  peek(key: string): V | undefined
  /** Forgets a row: the next `get` loads it. */
  forget(key: string): void
  forgetAll(): void
  readonly size: number
}

/**
 * A bounded cache, oldest first out. A row is kept only if no change of it was heard while it was loaded, so a stale
 * read is never stored over a newer one; parallel loads of a key are one load. While nothing may be trusted
 * (`isTrusted` is false) every `get` loads.
 */
export function createWatchedCache<V>(options: {
  entriesMax: number
  isTrusted: () => boolean
  /** Whether a kept row may still be used; default: until it changes. */
  isFresh?: (row: V) => boolean
  load: (key: string) => Promise<V | undefined>
}): WatchedCache<V> {
  const rows = new Map<string, V>()
  const loading = new Map<string, Promise<V | undefined>>()

  async function load(key: string): Promise<V | undefined> {
    const trustedBefore = options.isTrusted()
    const loaded = options.load(key)
    if (trustedBefore) loading.set(key, loaded)
    try {
      const row = await loaded
      // `forget` during the load removed it from `loading`: then the row may be older than the change.
      if (row !== undefined && loading.get(key) === loaded && options.isTrusted()) {
        if (rows.size >= options.entriesMax && !rows.has(key)) {
          const oldest = rows.keys().next()
          if (!oldest.done) rows.delete(oldest.value)
        }
        rows.set(key, row)
      }
      return row
    } finally {
      if (loading.get(key) === loaded) loading.delete(key)
    }
  }

  const peek = (key: string): V | undefined => {
    const row = options.isTrusted() ? rows.get(key) : undefined
    return row !== undefined && (options.isFresh?.(row) ?? true) ? row : undefined
  }
  return {
    get: (key) => {
      const row = peek(key)
      if (row !== undefined) return Promise.resolve(row)
      return (options.isTrusted() ? loading.get(key) : undefined) ?? load(key)
    },
    peek,
    forget(key) {
      rows.delete(key)
      loading.delete(key)
    },
    forgetAll() {
      rows.clear()
      loading.clear()
    },
    get size() {
      return rows.size
    },
  }
}
