import { Counter, Gauge } from 'prom-client'
import type { PoolFigures } from '../../data/connections.ts'
import type { CoreDatabase } from '../../data/core-database.ts'
import type { TenantDatabases } from '../../data/tenant-databases.ts'
import type { Metrics } from '../../platform/metrics.ts'

/** Where connections are. */
export interface PoolParts {
  metrics: Metrics
  core: Pick<CoreDatabase, 'runtime'>
  databases: Pick<TenantDatabases, 'figures'>
}

/**
 * Registers the figures of connections to databases, read when they are asked for: the pool of requests by the name
 * `core`, each server of dedicated tenants by its id. Over time, hits / (hits + waits) is the part served at once.
 */
export function registerPools({ metrics, core, databases }: PoolParts): void {
  const listPools = (): [string, PoolFigures][] => [['core', core.runtime.figures()], ...databases.figures()]
  const common = { labelNames: ['pool'], registers: [metrics.registry] }
  const collect = (metric: Gauge | Counter, read: (figures: PoolFigures) => number): void => {
    metric.reset()
    for (const [pool, figures] of listPools()) metric.inc({ pool }, read(figures))
  }
  const gauge = (name: string, help: string, read: (figures: PoolFigures) => number): void => {
    const made: Gauge = new Gauge({ ...common, name, help, collect: () => collect(made, read) })
  }
  const counter = (name: string, help: string, read: (figures: PoolFigures) => number): void => {
    const made: Counter = new Counter({ ...common, name, help, collect: () => collect(made, read) })
  }
  gauge('tenantry_pool_connections_max', 'Connections that may be open', ({ max }) => max)
  gauge('tenantry_pool_connections_open', 'Connections that are open', ({ open }) => open)
  gauge('tenantry_pool_connections_idle', 'Connections that serve nobody', ({ idle }) => idle)
  gauge('tenantry_pool_waiting', 'Units of work that wait for a connection', ({ waiting }) => waiting)
  counter('tenantry_pool_hits_total', 'Units of work that got a connection at once', ({ hits }) => hits)
  counter('tenantry_pool_waits_total', 'Units of work that got one after a wait', ({ waits }) => waits)
  counter('tenantry_pool_wait_seconds_total', 'How long they waited', ({ waitMsTotal }) => waitMsTotal / 1000)
}
