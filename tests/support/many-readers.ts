// A process of its own, so that its work is not the server's: opens many answers at once, reads them all, and prints
// how they ended. `bun many-readers.ts '{"url": …, "token": …, "tenant": …, "streams": 1000}'`
import { readEvents, send } from './call.ts'

interface Order {
  url: string
  token: string
  tenant: string
  streams: number
}

/** How the readers fared. */
export interface ReadersReport {
  complete: number
  inOrder: number
  /** Until the first and the last answer's first event, and until the last end. */
  firstMs: { p50: number; p99: number }
  wholeMs: number
  failures: string[]
}

const order: Order = JSON.parse(process.argv[2] ?? '{}')
const startedMs = performance.now()
const firstMs: number[] = []
const failures: string[] = []
let complete = 0
let inOrder = 0

async function readOne(): Promise<void> {
  const { url, token, tenant } = order
  const response = await send({ url }, 'POST /chat/stream', { token, tenant, body: { message: 'Tell me' } })
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`)
  firstMs.push(performance.now() - startedMs)
  const events = await readEvents(response)
  const words = events.flatMap(({ event, data }) => (event === 'delta' ? [data.text] : [])).join('')
  if (events.at(-1)?.event === 'done') complete += 1
  const numbers = [...words.matchAll(/word(\d+) /g)].map(([, number]) => Number(number))
  const areWords = numbers.length > 0 && numbers.every((number, at) => number === at)
  if (areWords && events.every(({ id, event }, at) => event === 'ping' || Number(id) <= at + 1)) inOrder += 1
}

await Promise.all(
  Array.from({ length: order.streams }, () =>
    readOne().catch((error: unknown) => failures.push(error instanceof Error ? error.message : 'unknown')),
  ),
)
const sorted = firstMs.toSorted((a, b) => a - b)
const quantile = (q: number): number => Math.round(sorted[Math.floor(q * (sorted.length - 1))] ?? 0)
const report: ReadersReport = {
  complete,
  inOrder,
  firstMs: { p50: quantile(0.5), p99: quantile(0.99) },
  wholeMs: Math.round(performance.now() - startedMs),
  failures: [...new Set(failures)].slice(0, 5),
}
process.stdout.write(JSON.stringify(report))
