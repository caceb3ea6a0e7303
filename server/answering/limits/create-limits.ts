import type { CoreDatabase } from '../../data/core-database.ts'
import { countReplicas } from '../../data/server-capacity.ts'
import type { TenantLimits } from '../../platform/limit-settings.ts'
import { findCalls, readDatabaseTime, sumMonth } from '../../data/usage-months.data.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Log } from '../../platform/log.ts'
import type { Redis } from '../../platform/redis.ts'
import { createFallbackCounters } from './fallback-counters.ts'
import { createLimits, type Limits, type LimitsParts, type LimitWatcher } from './limits.ts'
import { createMemoryCounters } from './memory-counters.ts'
import { createRedisCounters } from './redis-counters.ts'

/** Limits over the ledger, and over Redis where there is one. */
export async function openLimits(options: {
  core: CoreDatabase
  redis: Redis | undefined
  defaults: TenantLimits
  watcher: LimitWatcher
  findTenant: LimitsParts['findTenant']
  clock: Clock
  log: Log
}): Promise<Limits> {
  const { core, redis, clock } = options
  const loadMonth = (query: Parameters<typeof sumMonth>[1]) => sumMonth(core.db, query)
  let replicas = 1
  let sample = await sampleTime(core, clock)

  const limits = createLimits({
    ...options,
    counters: createFallbackCounters({
      memory: createMemoryCounters({ loadMonth, clock, replicas: () => replicas }),
      shared: redis && {
        counters: createRedisCounters({ redis, loadMonth }),
        isAvailable: () => redis.isAvailable,
      },
      findCalls: (ids) => findCalls(core.db, ids),
      log: options.log,
    }),
    // The machine's own clock may step; what it showed once, and what passed since, does not (guarantee D11).
    now: () => new Date(sample.database + clock.monotonicMs() - sample.monotonic),
  })

  async function look(): Promise<void> {
    sample = await sampleTime(core, clock)
    // Without Redis each process has the whole limit (design §7).
    if (redis) replicas = await countReplicas(core.db)
  }
  await look()
  return {
    ...limits,
    async sweep() {
      await look()
      await limits.sweep()
    },
  }
}

async function sampleTime(core: CoreDatabase, clock: Clock): Promise<{ database: number; monotonic: number }> {
  const before = clock.monotonicMs()
  const now = await readDatabaseTime(core.db)
  return { database: now.getTime(), monotonic: (before + clock.monotonicMs()) / 2 }
}
