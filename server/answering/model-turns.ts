import { serverBusy } from '../platform/errors.ts'
import { createFairTurns } from '../platform/fair-turns.ts'
import type { TenantId } from '../platform/ids.ts'

/** Who may call a model now. */
export interface ModelTurns {
  /**
   * Takes a turn, at once while there are free ones; else as soon as it is this tenant's. Give it back when the call is
   * over. `server.busy` 503 when that takes too long.
   */
  take(tenantId: TenantId, signal: AbortSignal): Promise<() => void>
}

const waitMsMax = 10_000
const waitingMax = 10_000
const waitingPerTenantMax = 5_000

/** At most so many model calls at once, of one tenant at most half of them. */
export function createModelTurns(options: { atOnceMax: number }): ModelTurns {
  const turns = createFairTurns({
    atOnceMax: options.atOnceMax,
    line: { lengthMax: waitingMax, lengthPerPartyMax: waitingPerTenantMax, waitMsMax, describeBusy },
  })
  return {
    async take(tenantId, signal) {
      if (!turns.takeNow(tenantId)) await turns.wait(tenantId, signal)
      let isGiven = false
      return () => {
        if (isGiven) return
        isGiven = true
        turns.giveBack(tenantId)
      }
    },
  }
}

function describeBusy(): Error {
  return serverBusy({
    detail: 'As many answers are being written as this server can. Try again in a moment.',
    headers: { 'retry-after': '2' },
  })
}
