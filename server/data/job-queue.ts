import { EventEmitter } from 'node:events'
import { sql } from 'drizzle-orm'
import { Logger, run, type Runner, runMigrations, type TaskList, type WorkerEvents } from 'graphile-worker'
import { isTenantId, type TenantId } from '../platform/ids.ts'
import type { Log } from '../platform/log.ts'
import type { Database } from './postgres.ts'

/*
 * Jobs live in the core database and run on the owner's direct connection (tenant-store.md, “Jobs”). A job carries ids
 * only and opens the tenant's scope itself. It may run twice, even at the same time, when its server died or lost its
 * connection: whoever works on it repeats what is done already without harm.
 */

/** A job: which task, for which tenant, and the ids it needs. */
export interface JobRequest {
  task: string
  tenantId: TenantId
  /** A waiting job of the same key is replaced. */
  key: string
  /** Ids, never content. */
  ids: Readonly<Record<string, string | number | null>>
  /** It goes on with what it began: it need not queue behind the tenant's other jobs. */
  goesOn?: boolean
  /** Not before so many milliseconds have passed. */
  afterMs?: number
}

/** A job as its task gets it. */
export interface Job {
  tenantId: TenantId
  ids: Readonly<Record<string, unknown>>
  /** 1 for the first time; counts on after failures and after servers that died, until it goes on by `again`. */
  attempt: number
  /** Aborts when the server stops; whoever returns `again` then goes on elsewhere. */
  signal: AbortSignal
}

/** That a job is not done: it goes on in the tenant's next turn, or after so many milliseconds. */
export interface Unfinished {
  again: true
  afterMs?: number
}

/**
 * Works on one job. A job should end within seconds, or return `again`, as one that takes long keeps other tenants
 * waiting. What throws is tried again later: after 3, 7, 20, 55, 150, 400 … seconds, 25 times.
 */
export type JobTask = (job: Job) => Promise<Unfinished | undefined>

/** A worker on the queue. */
export interface JobWorker {
  /** Takes no more jobs, aborts the running ones and waits for them. */
  stop(): Promise<void>
}

const jobsAtOnce = 4
/** So that there is always somebody for other tenants, even while one has long documents. */
const jobsOfOneTenantAtOnce = 2
const heldBackMs = 100
const polledEveryMs = 1_000
const recoveredEveryMs = 5_000
const startedAgainAfterMs = 5_000
/** Any constant: with the hash of a worker's name it is the advisory lock that the worker lives by (core/…_jobs.sql). */
const livingLock = 723_641_053

/** Queues a job. It is visible to the workers once the transaction of `database` is committed. */
export async function enqueueJob(database: Database, job: JobRequest): Promise<void> {
  const payload = JSON.stringify({ tenant_id: job.tenantId, key: job.key, ids: job.ids })
  await database.execute(sql`
    select public.enqueue_job(${job.task}, ${payload}::text::jsonb, ${job.key}, ${job.tenantId}, ${job.goesOn ?? false},
      ${job.afterMs ?? 0} * interval '1 millisecond')`)
}

/** Makes or updates the queue's own tables. Replicas may call it at the same time. */
export async function migrateJobs(ownerUrl: string): Promise<void> {
  await runMigrations({ connectionString: connectionStringOf(ownerUrl), maxPoolSize: 1, logger: silentLogger() })
}

/**
 * Works on the queue until it is stopped; an outage of the database is waited for.
 * @param options.db the runtime's connections, for what is queued again
 */
export function startJobWorker(options: {
  directUrl: string
  db: Database
  tasks: Readonly<Record<string, JobTask>>
  log: Log
}): JobWorker {
  const { log } = options
  const stopping = new AbortController()
  const running = new Map<TenantId, number>()
  const count = (tenantId: TenantId, change: number): void => {
    const jobs = (running.get(tenantId) ?? 0) + change
    if (jobs > 0) running.set(tenantId, jobs)
    else running.delete(tenantId)
  }
  const taskList: TaskList = {}
  for (const [name, task] of Object.entries(options.tasks)) {
    taskList[name] = async (payload, helpers) => {
      const { tenantId, key, ids } = readPayload(payload)
      const job = { tenantId, ids, attempt: helpers.job.attempts, signal: stopping.signal }
      // Two workers may ask at the same moment, before either has got the tenant's second job.
      if ((running.get(tenantId) ?? 0) >= jobsOfOneTenantAtOnce) {
        await enqueueJob(options.db, { task: name, tenantId, key, ids, goesOn: true, afterMs: heldBackMs })
        return
      }
      count(tenantId, 1)
      try {
        const unfinished = await task(job)
        if (unfinished?.again) {
          await enqueueJob(options.db, { task: name, tenantId, key, ids, goesOn: true, afterMs: unfinished.afterMs })
        }
      } finally {
        count(tenantId, -1)
      }
    }
  }
  const events: WorkerEvents = new EventEmitter()
  let recovering: ReturnType<typeof setInterval> | undefined
  events.on('pool:listen:success', ({ client, workerPool }) => {
    const recover = async (): Promise<void> => {
      const { rows } = await client.query<{ gone: string[] }>('select public.recover_jobs($1) as gone', [workerPool.id])
      if (rows[0] && rows[0].gone.length > 0) log.warn('jobs of a server that died go on')
    }
    const begin = async (): Promise<void> => {
      await client.query('select pg_advisory_lock($1, hashtext($2))', [livingLock, workerPool.id])
      await recover()
    }
    clearInterval(recovering)
    recovering = setInterval(() => void recover().catch(() => clearInterval(recovering)), recoveredEveryMs)
    // The queue itself is about to use this connection.
    client.once('drain', () => {
      void begin().catch((err: unknown) => log.warn({ err }, 'jobs of servers that died could not be looked for'))
    })
  })

  let runner: Runner | undefined
  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        runner = await run({
          connectionString: connectionStringOf(options.directUrl),
          maxPoolSize: jobsAtOnce,
          concurrency: jobsAtOnce,
          pollInterval: polledEveryMs,
          noHandleSignals: true,
          forbiddenFlags: () => [...running].flatMap(([id, jobs]) => (jobs >= jobsOfOneTenantAtOnce ? [id] : [])),
          taskList,
          events,
          logger: loggerTo(log),
        })
        if (stopping.signal.aborted) await runner.stop()
        await runner.promise
      } catch (err) {
        if (!stopping.signal.aborted) log.warn({ err }, 'the job queue cannot be reached; it is tried again')
      }
      runner = undefined
      clearInterval(recovering)
      if (!stopping.signal.aborted) await waitFor(startedAgainAfterMs, stopping.signal)
    }
  }

  const working = work()
  return {
    async stop() {
      stopping.abort()
      clearInterval(recovering)
      await runner?.stop().catch(() => undefined)
      await working
    },
  }
}

function readPayload(payload: unknown): {
  tenantId: TenantId
  key: string
  ids: Record<string, string | number | null>
} {
  if (isRecord(payload) && typeof payload.tenant_id === 'string' && typeof payload.key === 'string') {
    const { tenant_id: tenantId, key, ids } = payload
    if (isTenantId(tenantId) && isRecord(ids)) return { tenantId, key, ids: readIds(ids) }
  }
  throw new Error('a job without a tenant or a key')
}

function readIds(ids: Record<string, unknown>): Record<string, string | number | null> {
  return Object.fromEntries(
    Object.entries(ids).flatMap(([name, id]): [string, string | number | null][] =>
      typeof id === 'string' || typeof id === 'number' || id === null ? [[name, id]] : [],
    ),
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** pg takes `require` for a checked certificate; here it encrypts without checking, as everywhere in this house. */
function connectionStringOf(address: string): string {
  const url = new URL(address)
  if (url.searchParams.get('sslmode') === 'require') url.searchParams.set('sslmode', 'no-verify')
  url.searchParams.set('application_name', 'tenantry jobs')
  return url.toString()
}

/** The queue's own words, without what is only of interest to its makers. */
function loggerTo(log: Log): Logger {
  return new Logger(() => (level, message) => {
    if (level === 'error') log.warn({ queue: message }, 'the job queue reports an error')
    else if (level === 'warning') log.warn({ queue: message }, 'the job queue warns')
  })
}

function silentLogger(): Logger {
  return new Logger(() => () => undefined)
}

async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  signal.addEventListener('abort', () => resolve(), { once: true })
  await promise
  clearTimeout(timer)
}
