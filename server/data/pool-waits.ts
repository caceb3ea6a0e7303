import { Histogram } from 'prom-client'
import type { Metrics } from '../platform/metrics.ts'

/**
 * Counts how long work waited for a connection; what got one at once is not counted here.
 * @param pool `core`, `core_chat`, `core_chat_writes`, or the id of a server of dedicated databases
 */
export type PoolWaits = (pool: string, waitedMs: number) => void

/** The waits of this process, for Prometheus. */
export function createPoolWaits(metrics: Metrics): PoolWaits {
  const waits = new Histogram({
    name: 'tenantry_pool_wait_seconds',
    help: 'How long work waited for a connection, where none was free at once',
    labelNames: ['pool'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [metrics.registry],
  })
  return (pool, waitedMs) => waits.observe({ pool }, waitedMs / 1000)
}
