import { AppError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { isDatabaseOutage } from '../platform/outage.ts'

const triesMax = 4
const retryMs = 250
const retryMsMax = 1_000
/** A database that restarts is waited for: what was made must neither be lost nor counted as lost. */
const outageMsMax = 45_000

/**
 * Does what must be stored until it is: four times, and while the database is away or busy for 45 s. What is done must be safe to
 * repeat. Throws what it failed with last.
 */
export async function keepTrying(work: () => Promise<void>, told: { log: Log; streamId: string }): Promise<void> {
  const waitedUntilMs = performance.now() + outageMsMax
  for (let attempt = 1; ; attempt++) {
    try {
      await work()
      return
    } catch (err) {
      const isOver = willPass(err) ? performance.now() > waitedUntilMs : attempt >= triesMax
      if (isOver) throw err
      told.log.warn({ err, attempt, stream_id: told.streamId }, 'an answer could not be stored yet')
      await Bun.sleep(Math.min(retryMs * attempt, retryMsMax))
    }
  }
}

/** The database is away, or whoever asked was told to come back: too many wait, or a tenant is being moved. */
function willPass(thrown: unknown): boolean {
  return isDatabaseOutage(thrown) || (thrown instanceof AppError && thrown.status === 503)
}
