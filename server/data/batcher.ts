/** Sends one item and resolves with its own result. */
export type Batched<I, O> = (item: I) => Promise<O>

/**
 * Gathers items into batches without a timer: while `inFlightMax` batches are on their way, what arrives waits for the
 * next one. A lone item leaves at once; under load batches grow by themselves. When a batch of several fails, its
 * items are tried one by one, so that a bad item fails alone; `send` must therefore be all or nothing.
 */
export function createBatcher<I, O>(options: {
  inFlightMax: number
  itemsMax: number
  send: (items: I[]) => Promise<O[]>
}): Batched<I, O> {
  interface Waiting {
    item: I
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
    const batch = waiting.slice(0, options.itemsMax)
    waiting = waiting.slice(options.itemsMax)
    if (batch.length === 0) return
    inFlight++
    schedule()
    await sendBatch(batch)
    inFlight--
    schedule()
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
      waiting.push({ item, resolve, reject })
      schedule()
    })
}
