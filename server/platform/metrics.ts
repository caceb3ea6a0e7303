import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { type BoundedLabel, createBoundedLabel } from './bounded-label.ts'

/** The figures of this process, and the label that is the same in all of them. */
export interface Metrics {
  registry: Registry
  /** The busiest tenants by name, the rest as one. */
  tenants: BoundedLabel
  /** Everything as Prometheus' text. */
  expose(): Promise<string>
  stop(): void
}

/** Tenants with series of their own. Each has about sixty for every model it uses. */
const tenantsNamedMax = 50
const lagMeasuredEveryMs = 500

/** Metrics of a process; those who count register theirs on the registry. */
export function createMetrics(options: { tenantsNamedMax?: number } = {}): Metrics {
  const registry = new Registry()
  const tenants = createBoundedLabel({ max: options.tenantsNamedMax ?? tenantsNamedMax })
  tenants.onDemoted((tenant) => void forgetTenant(registry, tenant))
  registerProcess(registry)
  const stop = measureLag(registry)
  return { registry, tenants, expose: () => registry.metrics(), stop }
}

/** Series that nobody adds to any more would be scraped for ever. */
async function forgetTenant(registry: Registry, tenant: string): Promise<void> {
  for (const metric of registry.getMetricsAsArray()) {
    if (!(metric instanceof Counter || metric instanceof Histogram)) continue
    const { values } = await metric.get()
    const stale = values
      .filter(({ labels }) => labels.tenant === tenant)
      .map(({ labels: { le: _le, ...rest } }) => rest)
    for (const labels of new Map(stale.map((found) => [JSON.stringify(found), found])).values()) metric.remove(labels)
  }
}

/** Not prom-client's own set: under Bun its event loop figures are empty and its heap is the whole address space. */
function registerProcess(registry: Registry): void {
  const registers = [registry]
  const gauge = (name: string, help: string, read: () => number): void => {
    const made: Gauge = new Gauge({ name, help, registers, collect: () => made.set(read()) })
  }
  gauge('process_resident_memory_bytes', 'Memory of the process', () => process.memoryUsage.rss())
  gauge('process_heap_used_bytes', 'Memory in use by JavaScript', () => process.memoryUsage().heapUsed)
  gauge('process_start_time_seconds', 'When the process started, since 1970', () => startedSeconds)
  const cpu = new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Time on a processor, user and system',
    registers,
    collect() {
      const { user, system } = process.cpuUsage()
      cpu.reset()
      cpu.inc((user + system) / 1_000_000)
    },
  })
}

const startedSeconds = Math.round(performance.timeOrigin / 1000)

/** How late a timer comes: everything else in the process waits as long. */
function measureLag(registry: Registry): () => void {
  const lag = new Histogram({
    name: 'tenantry_event_loop_lag_seconds',
    help: 'How late a timer was called',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers: [registry],
  })
  let dueMs = performance.now() + lagMeasuredEveryMs
  const timer = setInterval(() => {
    const nowMs = performance.now()
    lag.observe(Math.max(0, nowMs - dueMs) / 1000)
    dueMs = nowMs + lagMeasuredEveryMs
  }, lagMeasuredEveryMs)
  timer.unref()
  return () => clearInterval(timer)
}
