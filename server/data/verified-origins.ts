import type { TenantId } from '../platform/ids.ts'
import type { Log } from '../platform/log.ts'
import type { ChangeFeed } from './change-feed.ts'
import type { CoreDatabase } from './core-database.ts'
import { loadVerifiedOrigins } from './domains.data.ts'

/** Which tenant an origin belongs to, in memory: every preflight asks, also for origins that nobody knows. */
export interface VerifiedOrigins {
  /** The tenant that has this origin verified. An origin is compared as browsers send it. */
  tenantOf(origin: string): TenantId | undefined
  /** Reads them anew; resolves once what was committed before is known here. */
  refresh(): Promise<void>
  stop(): void
}

const untrustedForMsMax = 500

/**
 * Reads all verified origins and keeps them true by the change feed; while that is lost, they are read twice a second.
 * A read that fails keeps what was known and is repeated.
 */
export async function openVerifiedOrigins(options: {
  core: CoreDatabase
  feed: ChangeFeed
  log: Log
}): Promise<VerifiedOrigins> {
  const { core, feed, log } = options
  let origins = new Map<string, TenantId>()
  let started = 0
  let stored = 0
  let isStale = false

  async function refresh(): Promise<void> {
    const turn = ++started
    isStale = false
    try {
      const rows = await loadVerifiedOrigins(core.db)
      // A slower, older read must not undo a newer one.
      if (turn < stored) return
      stored = turn
      origins = new Map(rows.map(({ origin, tenantId }) => [origin, tenantId]))
    } catch (error) {
      isStale = true
      throw error
    }
  }
  const refreshSoon = (): void =>
    void refresh().catch((err: unknown) => log.warn({ err }, 'the verified origins could not be read; trying again'))

  await refresh()
  feed.onChange((change) => {
    if (!change || change.kind === 'domains') refreshSoon()
  })
  const timer = setInterval(() => {
    if (isStale || !feed.isListening()) refreshSoon()
  }, untrustedForMsMax)
  return {
    tenantOf: (origin) => origins.get(origin),
    refresh,
    stop: () => clearInterval(timer),
  }
}
