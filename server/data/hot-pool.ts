import type { SQL } from 'bun'
import { createFairTurns } from '../platform/fair-turns.ts'
import { type CountedPool, databaseLine, type PoolFigures } from './connections.ts'

/** Connections of Bun's own driver, for the few statements of the hot path. */
export interface HotPool extends CountedPool {
  /**
   * Sends a statement as soon as it is the party's turn; `server.busy` 503 when that takes too long.
   * @param party a tenant, behind whose own statements it waits; '' for statements of several
   */
  run<T>(party: string, send: (sql: SQL) => Promise<T>): Promise<T>
  close(): Promise<void>
}

const closeTimeoutSeconds = 5

/**
 * Fair turns before a pool of Bun's driver, which has one queue for all and no figures. A turn is a statement, not a
 * connection: the driver sends statements behind each other, and to wait for every answer would cost the many short ones
 * a turn of the event loop each.
 * @param options.statementsMax at work or on their way to one connection
 * @param options.isShared statements are of several tenants each, so that no party is held to half of the turns
 */
export function createHotPool(options: {
  sql: SQL
  max: number
  statementsMax: number
  isShared: boolean
  onWait?: (waitedMs: number) => void
}): HotPool {
  const { sql, max } = options
  const atOnceMax = max * options.statementsMax
  const turns = createFairTurns({
    atOnceMax,
    perPartyMax: options.isShared ? atOnceMax : undefined,
    line: databaseLine,
    onWait: options.onWait,
  })
  let hits = 0

  return {
    async run(party, send) {
      if (turns.takeNow(party)) hits++
      else await turns.wait(party)
      try {
        return await send(sql)
      } finally {
        turns.giveBack(party)
      }
    },
    figures: (): PoolFigures => ({ max, busy: Math.min(turns.taken, max), waiting: turns.waiting, hits }),
    close: () => sql.close({ timeout: closeTimeoutSeconds }),
  }
}
