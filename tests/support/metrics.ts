import { call } from './call.ts'

/** A series of `/metrics`: its name, labels and value. */
export interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

/** The token that servers under test are given for `/metrics`. */
export const metricsToken = 'canary-metrics-token-0123456789'

/** Scrapes a server that was started with `METRICS_TOKEN`; throws unless every line can be read. */
export async function scrape(app: { url: string }): Promise<Sample[]> {
  const reply = await call(app, 'GET /metrics', { token: metricsToken })
  if (reply.status !== 200) throw new Error(`/metrics answered ${reply.status}`)
  return parseMetrics(reply.text)
}

/** Reads Prometheus' text format. */
export function parseMetrics(text: string): Sample[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return lines.map((line) => {
    const match = /^([a-z_][a-z0-9_]*)(?:\{(.*)\})? (\S+)$/.exec(line)
    const [, name, labels = '', value] = match ?? []
    if (name === undefined || Number.isNaN(Number(value))) throw new Error(`not a sample: ${line}`)
    const pairs = [...labels.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', text = '']) => [key, text])
    return { name, labels: Object.fromEntries(pairs), value: Number(value) }
  })
}

/** The sum of the series of a name with these labels. */
export function sumOf(samples: Sample[], name: string, labels: Record<string, string> = {}): number {
  return samples
    .filter((sample) => sample.name === name)
    .filter((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
    .reduce((sum, sample) => sum + sample.value, 0)
}
