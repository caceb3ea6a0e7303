import { Gauge } from 'prom-client'
import type { ChangeFeed } from '../../data/change-feed.ts'
import type { CoreDatabase } from '../../data/core-database.ts'
import { countJobs, type JobFigure, jobStates } from '../../data/job-figures.data.ts'
import type { Clock } from '../../platform/clock.ts'
import { withDeadline } from '../../platform/deadline.ts'
import type { Metrics } from '../../platform/metrics.ts'
import type { Redis } from '../../platform/redis.ts'

/** What a replica stands on. */
export interface ConnectionParts {
  metrics: Metrics
  core: Pick<CoreDatabase, 'db'>
  feed: Pick<ChangeFeed, 'isListening'>
  redis: Pick<Redis, 'isAvailable'> | undefined
  /** By the names of the tasks that there are. */
  jobTasks: Readonly<Record<string, unknown>>
  clock: Clock
}

/** However often replicas are scraped, the queue is counted by each of them at most this often. */
const jobsCountedEveryMs = 10_000
const databaseTimeoutMs = 1_000

/**
 * Registers whether the database, the change feed and Redis answer, and the jobs that wait. All replicas see the same
 * jobs; while the database does not answer there are no such series.
 */
export function registerConnections(parts: ConnectionParts): void {
  const registers = [parts.metrics.registry]
  let counted: { atMs: number; jobs: Promise<JobFigure[] | undefined> } | undefined

  /** Undefined when the database does not answer in time, and then it is asked anew the next time. */
  function readJobs(): Promise<JobFigure[] | undefined> {
    const nowMs = parts.clock.monotonicMs()
    if (counted && nowMs - counted.atMs < jobsCountedEveryMs) return counted.jobs
    const asked = withDeadline(countJobs(parts.core.db), databaseTimeoutMs, () => new Error('no answer'))
    const jobs = asked.catch(() => {
      counted = undefined
      return undefined
    })
    counted = { atMs: nowMs, jobs }
    return jobs
  }

  const databaseUp: Gauge = new Gauge({
    name: 'tenantry_database_up',
    help: 'Whether the core database answers',
    registers,
    async collect() {
      databaseUp.set((await readJobs()) ? 1 : 0)
    },
  })
  const jobs: Gauge<'task' | 'state'> = new Gauge({
    name: 'tenantry_jobs',
    help: 'Jobs in the queue: waiting, retrying, running, or failed for good',
    labelNames: ['task', 'state'],
    registers,
    async collect() {
      const found = await readJobs()
      jobs.reset()
      if (!found) return
      for (const task of Object.keys(parts.jobTasks)) for (const state of jobStates) jobs.set({ task, state }, 0)
      for (const { task, state, jobs: count } of found) jobs.set({ task, state }, count)
    },
  })
  const feedUp: Gauge = new Gauge({
    name: 'tenantry_change_feed_up',
    help: 'Whether changes of other replicas are heard at once; without it everything is read from the database',
    registers,
    collect: () => feedUp.set(parts.feed.isListening() ? 1 : 0),
  })
  const { redis } = parts
  if (!redis) return
  const redisUp: Gauge = new Gauge({
    name: 'tenantry_redis_up',
    help: 'Whether Redis answers; without it limits are shares of each process',
    registers,
    collect: () => redisUp.set(redis.isAvailable ? 1 : 0),
  })
}
