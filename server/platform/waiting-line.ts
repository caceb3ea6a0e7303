/** Those who wait for something: first come, first served among those of one party, and the parties take turns. */
export interface WaitingLine<T> {
  readonly length: number
  /** When the first one came, in milliseconds of `performance.now()`; undefined when nobody waits. */
  readonly firstSinceMs: number | undefined
  /**
   * Waits; throws what `describeBusy` makes when the line is too long or it takes too long, and the signal's reason once
   * it is aborted.
   * @param party whoever floods the line waits behind its own: nobody else's turn comes later for it
   */
  join(party?: string, signal?: AbortSignal): Promise<T>
  /** Gives it to the next; false when nobody waits. */
  serve(item: T): boolean
  refuseAll(error: Error): void
}

interface Waiting<T> {
  sinceMs: number
  party: string
  resolve: (item: T) => void
  reject: (error: unknown) => void
}

/** A line of at most so many, each waiting at most so long. */
export function createWaitingLine<T>(options: {
  lengthMax: number
  waitMsMax: number
  describeBusy: () => Error
}): WaitingLine<T> {
  /** The parties in the order of their turns; none of them is empty. */
  const parties = new Map<string, Waiting<T>[]>()
  let length = 0

  function leave(entry: Waiting<T>): void {
    const own = parties.get(entry.party)
    const at = own?.indexOf(entry) ?? -1
    if (!own || at < 0) return
    own.splice(at, 1)
    length--
    if (own.length === 0) parties.delete(entry.party)
  }

  return {
    get length() {
      return length
    },
    get firstSinceMs() {
      let first: number | undefined
      for (const [head] of parties.values()) {
        if (head && (first === undefined || head.sinceMs < first)) first = head.sinceMs
      }
      return first
    },
    join(party = '', signal) {
      if (signal?.aborted) return Promise.reject(signal.reason)
      if (length >= options.lengthMax) return Promise.reject(options.describeBusy())
      return new Promise<T>((resolve, reject) => {
        const settle = (): void => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', giveUp)
        }
        const entry: Waiting<T> = {
          sinceMs: performance.now(),
          party,
          resolve: (item) => {
            settle()
            resolve(item)
          },
          reject: (error) => {
            settle()
            reject(error)
          },
        }
        const giveUp = (): void => {
          leave(entry)
          entry.reject(signal?.reason)
        }
        const timer = setTimeout(() => {
          leave(entry)
          entry.reject(options.describeBusy())
        }, options.waitMsMax)
        signal?.addEventListener('abort', giveUp, { once: true })
        const own = parties.get(party) ?? []
        own.push(entry)
        parties.set(party, own)
        length++
      })
    },
    serve(item) {
      const [turn] = parties
      const next = turn?.[1].shift()
      if (!turn || !next) return false
      const [party, own] = turn
      length--
      // Its next one waits until all others had a turn.
      parties.delete(party)
      if (own.length > 0) parties.set(party, own)
      next.resolve(item)
      return true
    },
    refuseAll(error) {
      const all = [...parties.values()].flat()
      parties.clear()
      length = 0
      for (const { reject } of all) reject(error)
    },
  }
}
