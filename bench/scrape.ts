import { type Figure, median } from './support/figures.ts'
import { timeMs } from './support/api.ts'
import { metricsToken, type Stage } from './support/stage.ts'

const scrapes = 20

/** `GET /metrics` of a server that has served its tenants. */
export async function benchScrape(stage: Stage): Promise<Figure[]> {
  const headers = { authorization: `Bearer ${metricsToken}` }
  let bytes = 0
  const scrape = async (): Promise<void> => {
    const response = await fetch(`${stage.product.url}/metrics`, { headers })
    if (!response.ok) throw new Error(`/metrics answered ${response.status}`)
    bytes = (await response.arrayBuffer()).byteLength
  }
  const takenMs: number[] = []
  for (let n = 0; n < scrapes; n++) takenMs.push(await timeMs(scrape))
  return [
    { name: 'GET /metrics', value: `${median(takenMs).toFixed(1)} ms` },
    { name: 'GET /metrics, its size', value: `${(bytes / 1000).toFixed(0)} kB` },
  ]
}
