import type { Parameters } from './connection-slot.ts'
import type { ConnectionPool } from './connections.ts'
import { createTurnBatcher, describeUserRow, type ReadUserRow, type StoredTurnRow } from './store-turns.ts'
import type { BegunTurn, FinishedTurn, OpenedTurnRow, TenantStore } from './tenant-scope.ts'
import type { UsageLedger } from './usage.data.ts'

/**
 * The store of one dedicated tenant. The ledger is in another database, so a turn and its call are two transactions,
 * ordered so that a fault in between loses neither: a call is reserved before its message is stored, and whatever is
 * left reserved is settled when its lease runs out; at the end both are done whatever becomes of the other, and both
 * may be repeated.
 */
export function createDedicatedStore(options: { pool: ConnectionPool; ledger: UsageLedger }): TenantStore {
  const { pool, ledger } = options

  /** One statement, which sets its tenant itself: an implicit transaction of one round trip. */
  async function call<R>(query: string, parameters: Parameters): Promise<R[]> {
    const connection = await pool.take()
    try {
      return await connection.send(query, parameters, pool)
    } finally {
      connection.release()
    }
  }

  const storeTurns = (name: 'begin_turns' | 'finish_turns', items: (BegunTurn | FinishedTurn)[]) =>
    call<StoredTurnRow>(`select * from tenant.${name}($1::text::jsonb)`, [
      JSON.stringify(items.map((item) => item.turn)),
    ])
  const begin = createTurnBatcher<BegunTurn>((turns) => storeTurns('begin_turns', turns))
  const finish = createTurnBatcher<FinishedTurn>((turns) => storeTurns('finish_turns', turns))

  return {
    pool,
    async readUser(tenantId, userId) {
      const [row] = await call<ReadUserRow>('select * from tenant.read_user($1, $2::uuid)', [tenantId, userId])
      return row && describeUserRow(userId, row)
    },
    openTurn: ({ tenantId, userId, sessionId, messagesMax }) =>
      call<OpenedTurnRow>('select * from tenant.open_turn($1, $2::uuid, $3::uuid, $4)', [
        tenantId,
        userId,
        sessionId,
        messagesMax,
      ]),
    async beginTurn(turn) {
      await ledger.reserve(turn.call)
      return begin(turn)
    },
    async finishTurn(turn) {
      const [settled, stored] = await Promise.allSettled([ledger.settle(turn.call), finish(turn)])
      if (settled.status === 'rejected') throw settled.reason
      if (stored.status === 'rejected') throw stored.reason
      return stored.value
    },
  }
}
