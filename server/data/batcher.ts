/** Sends one item and resolves with its own result. */
export type Batched<I, O> = (item: I) => Promise<O>

/**
 * Gathers items into batches without a timer: while `inFlightMax` batches are on their way, what arrives waits for the
 * next one. A lone item leaves at once; under load batches grow by themselves. When a batch of several fails, its
 * items are tried one by one, so that a bad item fails alone; `send` must therefore be all or nothing. With `sizeOf`,
 * a batch has at most `bytesMax` bytes, and an item that is larger travels alone.
 */
export function createBatcher<I, O>(options: {
  inFlightMax: number
  itemsMax: number
  /** What an item weighs; asked once for each. Default: nothing. */
  sizeOf?: (item: I) => number
  bytesMax?: number
  /** Whose an item is: where more wait than fit into a batch, each party gets its turn. */
  partyOf?: (item: I) => string
  send: (items: I[]) => Promise<O[]>
}): Batched<I, O> {
  const { sizeOf = () => 0, bytesMax = Infinity } = options
  interface Waiting {
    item: I
    bytes: number
    resolve: (result: O) => void
    reject: (error: unknown) => void
  }
  let waiting: Waiting[] = []
  let inFlight = 0
  let scheduled = false

  function schedule(): void {
    if (scheduled || waiting.length === 0 || inFlight >= options.inFlightMax) return
    scheduled = true
    // Everything that arrives in this turn of the event loop travels together.
    setImmediate(() => {
      scheduled = false
      void flush()
    })
  }

  async function flush(): Promise<void> {
    takeTurns()
    const length = fittingLength()
    const batch = waiting.slice(0, length)
    waiting = waiting.slice(length)
    if (batch.length === 0) return
    inFlight++
    schedule()
    await sendBatch(batch)
    inFlight--
    schedule()
  }

  /** Puts those that wait into the order in which their parties take turns. */
  function takeTurns(): void {
    const { partyOf } = options
    if (!partyOf || waiting.length <= options.itemsMax) return
    const parties = Map.groupBy(waiting, ({ item }) => partyOf(item))
    if (parties.size === 1) return
    const rows = [...parties.values()]
    const longest = Math.max(...rows.map((row) => row.length))
    waiting = Array.from({ length: longest }, (_, turn) => rows.flatMap((row) => row[turn] ?? [])).flat()
  }

  /** How many of those that wait make the next batch: at least the first, whatever it weighs. */
  function fittingLength(): number {
    let bytes = 0
    for (const [index, entry] of waiting.entries()) {
      bytes += entry.bytes
      if (index === options.itemsMax || (index > 0 && bytes > bytesMax)) return index
    }
    return waiting.length
  }

  async function sendBatch(batch: Waiting[]): Promise<void> {
    try {
      const results = await options.send(batch.map((entry) => entry.item))
      for (const [index, entry] of batch.entries()) {
        const result = results[index]
        if (result === undefined) entry.reject(new Error('a batch answered fewer rows than it was given'))
        else entry.resolve(result)
      }
    } catch (error) {
      if (batch.length === 1) batch[0]?.reject(error)
      else for (const entry of batch) await sendBatch([entry])
    }
  }

  return (item) =>
    new Promise<O>((resolve, reject) => {
      waiting.push({ item, bytes: sizeOf(item), resolve, reject })
      schedule()
    })
}
