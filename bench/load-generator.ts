import type { Socket } from 'bun'
import type { LoadJob, LoadResult } from './support/load-job.ts'

// The client of all measurements, in a process of its own: plain sockets kept alive, so that it costs the servers
// beside it as little as it can. Takes a `LoadJob` by IPC, answers with a `LoadResult`.
process.on('message', (job: LoadJob) => {
  void runJob(job).then((result) => process.send?.(result))
})

async function runJob(job: LoadJob): Promise<LoadResult> {
  const result: LoadResult = { completed: 0, failed: 0, lost: 0, firstMs: [], elapsedMs: 0 }
  const startedMs = performance.now()
  const untilMs = startedMs + job.durationMs
  await Promise.all(
    Array.from({ length: job.connections }, async (_, index) => {
      const pauseMs = (job.spreadMs * index) / job.connections
      if (pauseMs > 0) await Bun.sleep(pauseMs)
      await keepAsking({ job, index, untilMs, result })
    }),
  )
  result.elapsedMs = performance.now() - startedMs
  return result
}

/** One connection's requests, one after the other; a broken connection is opened anew. */
async function keepAsking(parts: { job: LoadJob; index: number; untilMs: number; result: LoadResult }): Promise<void> {
  const { job, result } = parts
  const request = job.requests[parts.index % job.requests.length] ?? ''
  let connection: Connection | undefined
  do {
    try {
      connection ??= await Connection.open(job)
      const answer = await connection.ask(request)
      if (answer.firstMs !== undefined) result.firstMs.push(answer.firstMs)
      if (answer.outcome === 'completed') result.completed++
      else {
        result[answer.outcome]++
        result.sample ??= answer.sample
        connection.close()
        connection = undefined
      }
    } catch (error) {
      result.lost++
      result.sample ??= String(error)
      connection?.close()
      connection = undefined
      await Bun.sleep(10)
    }
    if (job.pauseMsMax > 0) await Bun.sleep(Math.random() * job.pauseMsMax)
  } while (performance.now() < parts.untilMs)
  connection?.close()
}

interface Answer {
  outcome: 'completed' | 'failed' | 'lost'
  firstMs: number | undefined
  sample: string
}

/** Marks and terminators may be cut by a packet's end: so much of what came is looked at again. */
const tailCharacters = 32

class Connection {
  #socket: Socket | undefined
  #resolve: ((answer: Answer) => void) | undefined
  #sentMs = 0
  #firstMs: number | undefined
  #head = ''
  #tail = ''
  #hasEndMark = false
  #hasFailed = false
  /** Bytes of the body still to come; undefined for a chunked one. */
  #remaining: number | undefined
  #inBody = false
  #timer: ReturnType<typeof setTimeout> | undefined

  private constructor(private readonly job: LoadJob) {}

  static async open(job: LoadJob): Promise<Connection> {
    const connection = new Connection(job)
    connection.#socket = await Bun.connect({
      hostname: job.host,
      port: job.port,
      socket: {
        data: (_, bytes) => connection.#take(bytes),
        close: () => connection.#finish('lost'),
        error: () => connection.#finish('lost'),
      },
    })
    return connection
  }

  ask(request: string): Promise<Answer> {
    this.#head = ''
    this.#tail = ''
    this.#inBody = false
    this.#hasEndMark = this.job.endMark === undefined
    this.#hasFailed = false
    this.#firstMs = undefined
    this.#timer = setTimeout(() => this.#finish('lost'), this.job.timeoutMs)
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#sentMs = performance.now()
      if (this.#socket?.write(request) !== request.length) reject(new Error('the request could not be written'))
    })
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#resolve = undefined
    this.#socket?.end()
  }

  #take(bytes: Buffer): void {
    let text = bytes.toString('latin1')
    if (!this.#inBody) {
      this.#head += text
      const end = this.#head.indexOf('\r\n\r\n')
      if (end < 0) return
      this.#inBody = true
      text = this.#head.slice(end + 4)
      this.#head = this.#head.slice(0, end)
      this.#hasFailed = !this.#head.startsWith('HTTP/1.1 200')
      const length = /\r\ncontent-length: *(\d+)/i.exec(this.#head)?.[1]
      this.#remaining = length === undefined ? undefined : Number(length)
    }
    this.#takeBody(text)
  }

  #takeBody(text: string): void {
    const { firstMark, endMark } = this.job
    const seen = this.#tail + text
    if (firstMark !== undefined && this.#firstMs === undefined && seen.includes(firstMark)) {
      this.#firstMs = performance.now() - this.#sentMs
    }
    if (endMark !== undefined) {
      this.#hasEndMark ||= seen.includes(endMark)
      this.#hasFailed ||= seen.includes('event: error')
    }
    this.#tail = seen.slice(-tailCharacters)
    if (this.#remaining === undefined) {
      if (seen.endsWith('0\r\n\r\n') && (seen.length === 5 || seen.endsWith('\r\n0\r\n\r\n'))) this.#complete()
      return
    }
    this.#remaining -= text.length
    if (this.#remaining <= 0) this.#complete()
  }

  #complete(): void {
    if (this.#hasFailed) this.#finish('failed')
    else this.#finish(this.#hasEndMark ? 'completed' : 'lost')
  }

  #finish(outcome: Answer['outcome']): void {
    clearTimeout(this.#timer)
    const resolve = this.#resolve
    this.#resolve = undefined
    resolve?.({ outcome, firstMs: this.#firstMs, sample: `${this.#head.slice(0, 300)} … ${this.#tail}` })
  }
}
