import { deleteOldAnswers } from './data/idempotency.data.ts'
import { deleteExpiredSignInSessions } from './data/sign-in-sessions.data.ts'
import type { Services } from './services.ts'

const sweepEveryMs = 30_000
/** Ended sessions are kept a day, so that a late refresh still meets its own end. */
const endedSessionsKeptMs = 86_400_000

/** The sweeps that run beside requests; any replica may do each of them, and each is idempotent. */
export function startJobs(services: Services): { stop(): void } {
  const { core, ledger, outbox, clock, log } = services

  async function sweep(): Promise<void> {
    const now = clock.now()
    const settled = await ledger.settleExpired()
    if (settled > 0) log.warn({ settled }, 'calls of a replica that is gone were settled as aborted')
    await deleteOldAnswers(core.db, now)
    await deleteExpiredSignInSessions(core.db, new Date(now.getTime() - endedSessionsKeptMs))
    await outbox.sweep()
  }

  const run = (): void =>
    void sweep().catch((err: unknown) => log.warn({ err }, 'a sweep failed; the next one tries again'))
  run()
  const timer = setInterval(run, sweepEveryMs)
  return { stop: () => clearInterval(timer) }
}
