import { endLostAnswers } from './answering/lost-answers.ts'
import { deleteOldAnswers } from './data/idempotency.data.ts'
import { deleteOldLimitEvents } from './data/limit-events.data.ts'
import { startJobWorker } from './data/job-queue.ts'
import { migrateFleet } from './data/migrate-fleet.ts'
import { reconcileStores } from './data/reconcile-stores.ts'
import { deleteExpiredSignInSessions } from './data/sign-in-sessions.data.ts'
import { deleteOldSignInTries } from './data/sign-in-tries.data.ts'
import type { Services } from './services.ts'

const sweepEveryMs = 30_000
const storesTendedEveryMs = 60_000
/** When this server starts, the database may still be carrying out the last statement of one that was killed. */
const storesTendedAgainAfterMs = 5_000
/** Writes of a tenant may wait until somebody ends the move that its server left behind. */
const movesLookedAfterMs = 3_000
/** Ended sessions are kept a day, so that a late refresh still meets its own end. */
const endedSessionsKeptMs = 86_400_000
const limitEventsKeptMs = 30 * 86_400_000

/**
 * What runs beside requests: the sweeps, which any replica may do and which are idempotent, and the jobs of the queue.
 */
export function startJobs(services: Services): { stop(): Promise<void> } {
  const { core, databases, servers, outbox, mover, keptStores, limits, clock, log } = services

  async function sweep(): Promise<void> {
    const now = clock.now()
    const settled = await endLostAnswers(services)
    if (settled > 0) log.warn({ settled }, 'calls of a replica that is gone were settled as aborted')
    await limits.sweep()
    await deleteOldAnswers(core.db, now)
    await deleteOldLimitEvents(core.db, new Date(now.getTime() - limitEventsKeptMs))
    await deleteExpiredSignInSessions(core.db, new Date(now.getTime() - endedSessionsKeptMs))
    await deleteOldSignInTries(core.db)
    await outbox.sweep()
    await keptStores.sweep()
  }

  async function tendStores(): Promise<void> {
    await databases.rebalance()
    await reconcileStores(services)
    await migrateFleet({ db: core.db, servers, log, retryFailed: false })
  }

  const repeat = (work: () => Promise<void>, everyMs: number, againAfterMs?: number): (() => void) => {
    let running = false
    const run = async (): Promise<void> => {
      // One that takes longer than its interval is not joined by a second.
      if (running) return
      running = true
      await work().catch((err: unknown) => log.warn({ err }, 'a sweep failed; the next one tries again'))
      running = false
    }
    void run()
    const timer = setInterval(() => void run(), everyMs)
    const again = againAfterMs === undefined ? undefined : setTimeout(() => void run(), againAfterMs)
    return () => {
      clearInterval(timer)
      clearTimeout(again)
    }
  }

  const stops = [
    repeat(sweep, sweepEveryMs),
    repeat(tendStores, storesTendedEveryMs, storesTendedAgainAfterMs),
    repeat(() => mover.recover(), movesLookedAfterMs),
  ]
  const worker = startJobWorker({ directUrl: core.directUrl, db: core.db, tasks: services.jobTasks, log })
  return {
    async stop() {
      for (const stop of stops) stop()
      await worker.stop()
    },
  }
}
