import type { HotPool } from './hot-pool.ts'
import { createTurnBatcher, describeUserRow, type ReadUserRow, type StoredTurnRow } from './store-turns.ts'
import type { CoreDatabase } from './core-database.ts'
import type { BegunTurn, FinishedTurn, OpenedTurnRow, TenantStore } from './tenant-scope.ts'

/** The store of all pooled tenants, over the core database's connections; a turn and its reservation are one transaction. */
export function createPooledStore(core: CoreDatabase): TenantStore {
  return {
    pool: core.runtime,
    async readUser(tenantId, userId) {
      const rows = await core.hot.run<ReadUserRow[]>(
        tenantId,
        (sql) => sql`select * from tenant.read_user(${tenantId}, ${userId}::uuid)`,
      )
      return rows[0] && describeUserRow(userId, rows[0])
    },
    openTurn: ({ tenantId, userId, sessionId, messagesMax }) =>
      core.hot.run<OpenedTurnRow[]>(
        tenantId,
        (sql) => sql`select * from tenant.open_turn(${tenantId}, ${userId}::uuid, ${sessionId}::uuid, ${messagesMax})`,
      ),
    beginTurn: createTurnBatcher<BegunTurn>((turns) => callForTurns(core.hotWrites, 'begin_pooled_turns', turns)),
    finishTurn: createTurnBatcher<FinishedTurn>((turns) => callForTurns(core.hotWrites, 'finish_pooled_turns', turns)),
  }
}

async function callForTurns(
  hot: HotPool,
  name: 'begin_pooled_turns' | 'finish_pooled_turns',
  items: (BegunTurn | FinishedTurn)[],
): Promise<StoredTurnRow[]> {
  const turns = JSON.stringify(items.map((item) => item.turn))
  const calls = JSON.stringify(items.map((item) => item.call))
  return hot.run<StoredTurnRow[]>('', (sql) =>
    name === 'begin_pooled_turns'
      ? sql`select * from public.begin_pooled_turns(${turns}::text::jsonb, ${calls}::text::jsonb)`
      : sql`select * from public.finish_pooled_turns(${turns}::text::jsonb, ${calls}::text::jsonb)`,
  )
}
