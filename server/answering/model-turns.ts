import { serverBusy } from '../platform/errors.ts'
import type { TenantId } from '../platform/ids.ts'
import { createWaitingLine } from '../platform/waiting-line.ts'

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

/**
 * At most so many model calls at once, and of one tenant at most half of them: whatever a tenant asks for, others find
 * turns, and where all are taken the tenants that wait are served one after the other.
 */
export function createModelTurns(options: { atOnceMax: number }): ModelTurns {
  const { atOnceMax } = options
  const perTenantMax = Math.max(1, Math.floor(atOnceMax / 2))
  const held = new Map<TenantId, number>()
  let taken = 0
  const common = createWaitingLine<undefined>({ lengthMax: waitingMax, waitMsMax, describeBusy })
  /** Of tenants that have their half already. */
  const own = new Map<TenantId, ReturnType<typeof createWaitingLine<undefined>>>()

  async function waitForShare(tenantId: TenantId, signal: AbortSignal): Promise<void> {
    if ((held.get(tenantId) ?? 0) < perTenantMax) {
      held.set(tenantId, (held.get(tenantId) ?? 0) + 1)
      return
    }
    const line = own.get(tenantId) ?? createWaitingLine<undefined>({ lengthMax: waitingMax, waitMsMax, describeBusy })
    own.set(tenantId, line)
    // Whoever leaves hands its share on, so it stays counted.
    await line.join('', signal)
  }

  function leaveShare(tenantId: TenantId): void {
    const line = own.get(tenantId)
    if (line?.serve(undefined)) return
    own.delete(tenantId)
    const left = (held.get(tenantId) ?? 1) - 1
    if (left === 0) held.delete(tenantId)
    else held.set(tenantId, left)
  }

  return {
    async take(tenantId, signal) {
      await waitForShare(tenantId, signal)
      try {
        if (taken < atOnceMax) taken++
        else await common.join(tenantId, signal)
      } catch (error) {
        leaveShare(tenantId)
        throw error
      }
      let isGiven = false
      return () => {
        if (isGiven) return
        isGiven = true
        if (!common.serve(undefined)) taken--
        leaveShare(tenantId)
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
