import type { SQL } from 'bun'
import { createTurnBatcher, describeUserRow, type ReadUserRow, type StoredTurnRow } from './store-turns.ts'
import type { CoreDatabase } from './core-database.ts'
import type { BegunTurn, FinishedTurn, OpenedTurnRow, TenantStore } from './tenant-scope.ts'

/** The store of all pooled tenants, over the core database's connections; a turn and its reservation are one transaction. */
export function createPooledStore(core: CoreDatabase): TenantStore {
  return {
    pool: core.runtime,
    async readUser(tenantId, userId) {
      const rows: ReadUserRow[] = await core.hot`select * from tenant.read_user(${tenantId}, ${userId}::uuid)`
      return rows[0] && describeUserRow(userId, rows[0])
    },
    openTurn: async ({ tenantId, userId, sessionId, messagesMax }): Promise<OpenedTurnRow[]> => core.hot`
      select * from tenant.open_turn(${tenantId}, ${userId}::uuid, ${sessionId}::uuid, ${messagesMax})`,
    beginTurn: createTurnBatcher<BegunTurn>((turns) => callForTurns(core.hotWrites, 'begin_pooled_turns', turns)),
    finishTurn: createTurnBatcher<FinishedTurn>((turns) => callForTurns(core.hotWrites, 'finish_pooled_turns', turns)),
  }
}

async function callForTurns(
  hot: SQL,
  name: 'begin_pooled_turns' | 'finish_pooled_turns',
  items: (BegunTurn | FinishedTurn)[],
): Promise<StoredTurnRow[]> {
  const turns = JSON.stringify(items.map((item) => item.turn))
  const calls = JSON.stringify(items.map((item) => item.call))
  return name === 'begin_pooled_turns'
    ? hot`select * from public.begin_pooled_turns(${turns}::text::jsonb, ${calls}::text::jsonb)`
    : hot`select * from public.finish_pooled_turns(${turns}::text::jsonb, ${calls}::text::jsonb)`
}
