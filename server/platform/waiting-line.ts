/** Those who wait for something: first come, first served among those of one party, and the parties take turns. */
export interface WaitingLine<T> {
  readonly length: number
  /**
   * Waits; throws what `describeBusy` makes when the line is too long or it takes too long, and the signal's reason once
   * it is aborted.
   * @param party whoever floods the line waits behind its own: nobody else's turn comes later for it
   */
  join(party?: string, signal?: AbortSignal): Promise<T>
  /**
   * Gives it to the next.
   * @param mayHave passes over parties that may not have any now
   * @returns whose turn it was; undefined when nobody waits who may have it
   */
  serve(item: T, mayHave?: (party: string) => boolean): string | undefined
  refuseAll(error: Error): void
}

interface Waiting<T> {
  party: string
  resolve: (item: T) => void
  reject: (error: unknown) => void
}

/** How long a line may be, each party's part of it (default: all), and how long each waits. */
export interface LineBounds {
  lengthMax: number
  lengthPerPartyMax?: number
  waitMsMax: number
  describeBusy: () => Error
}

/** A line of at most so many, each waiting at most so long. */
export function createWaitingLine<T>(options: LineBounds): WaitingLine<T> {
  const { lengthMax, lengthPerPartyMax = lengthMax } = options
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

  function takeNext(mayHave: ((party: string) => boolean) | undefined): Waiting<T> | undefined {
    for (const [party, own] of parties) {
      if (mayHave && !mayHave(party)) continue
      const next = own.shift()
      length--
      // Its next one waits until all others had a turn.
      parties.delete(party)
      if (own.length > 0) parties.set(party, own)
      return next
    }
    return undefined
  }

  return {
    get length() {
      return length
    },
    join(party = '', signal) {
      if (signal?.aborted) return Promise.reject(signal.reason)
      const own = parties.get(party) ?? []
      if (length >= lengthMax || own.length >= lengthPerPartyMax) return Promise.reject(options.describeBusy())
      return new Promise<T>((resolve, reject) => {
        const settle = (): void => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', giveUp)
        }
        const entry: Waiting<T> = {
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
        own.push(entry)
        parties.set(party, own)
        length++
      })
    },
    serve(item, mayHave) {
      const next = takeNext(mayHave)
      next?.resolve(item)
      return next?.party
    },
    refuseAll(error) {
      const all = [...parties.values()].flat()
      parties.clear()
      length = 0
      for (const { reject } of all) reject(error)
    },
  }
}
