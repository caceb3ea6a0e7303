import { Counter, Gauge } from 'prom-client'
import type { CountedPool, PoolFigures } from '../../data/connections.ts'
import type { TenantDatabases } from '../../data/tenant-databases.ts'
import type { Metrics } from '../../platform/metrics.ts'

/** Where connections are. */
export interface PoolParts {
  metrics: Metrics
  core: { runtime: CountedPool; hot: CountedPool; hotWrites: CountedPool }
  databases: Pick<TenantDatabases, 'figures'>
}

/**
 * Registers the figures of connections to databases, read when they are asked for: the pool of requests by the name
 * `core`, those of the hot path by `core_chat` and `core_chat_writes`, each server of dedicated tenants by its id.
 * `tenantry_pool_wait_seconds` tells of those that were not served at once.
 */
export function registerPools({ metrics, core, databases }: PoolParts): void {
  const listPools = (): [string, PoolFigures][] => [
    ['core', core.runtime.figures()],
    ['core_chat', core.hot.figures()],
    ['core_chat_writes', core.hotWrites.figures()],
    ...[...databases.figures()].map(([id, { max, open, idle, waiting, hits }]): [string, PoolFigures] => [
      id,
      { max, open, busy: open - idle, waiting, hits },
    ]),
  ]
  const common = { labelNames: ['pool'], registers: [metrics.registry] }
  const collect = (metric: Gauge | Counter, read: (figures: PoolFigures) => number | undefined): void => {
    metric.reset()
    for (const [pool, figures] of listPools()) {
      const value = read(figures)
      if (value !== undefined) metric.inc({ pool }, value)
    }
  }
  const gauge = (name: string, help: string, read: (figures: PoolFigures) => number | undefined): void => {
    const made: Gauge = new Gauge({ ...common, name, help, collect: () => collect(made, read) })
  }
  gauge('tenantry_pool_connections_max', 'Connections that may be open', ({ max }) => max)
  gauge('tenantry_pool_connections_open', 'Connections that are open', ({ open }) => open)
  gauge('tenantry_pool_connections_busy', 'Connections that serve somebody', ({ busy }) => busy)
  gauge('tenantry_pool_waiting', 'Units of work that wait for a connection', ({ waiting }) => waiting)
  const hits: Counter = new Counter({
    ...common,
    name: 'tenantry_pool_hits_total',
    help: 'Units of work that got a connection at once',
    collect: () => collect(hits, (figures) => figures.hits),
  })
}
