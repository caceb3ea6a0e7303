import type { SQL } from 'bun'
import { defineError } from '../platform/errors.ts'
import { createBatcher } from './batcher.ts'
import type { CoreDatabase } from './core-database.ts'
import type { TenantRecord } from './tenants.data.ts'
import { type BegunTurn, type FinishedTurn, TenantScope, type TenantStore } from './tenant-scope.ts'

/** A database of its own for a tenant cannot be had here. */
export const dedicatedUnavailable = defineError({
  code: 'tenant.dedicated_unavailable',
  status: 409,
  title: 'A dedicated database is not available',
})

/** Opens the store that a tenant lives in; features cannot tell one kind from the other. */
export interface TenantDatabases {
  scopeOf(tenant: Pick<TenantRecord, 'id' | 'isolation'>): TenantScope
}

const batchesInFlightMax = 2
const turnsPerBatchMax = 200
/** Long turns travel in few: a batch is one text of JSON here and one value there. */
const bytesPerBatchMax = 4 * 1024 * 1024

/** Pooled tenants share the core database's connections. */
export function createTenantDatabases(core: CoreDatabase): TenantDatabases {
  const pooled = createPooledStore(core)
  return {
    scopeOf(tenant) {
      if (tenant.isolation !== 'pooled') {
        throw dedicatedUnavailable({ detail: 'This server serves pooled tenants only.' })
      }
      return new TenantScope(tenant.id, pooled)
    },
  }
}

function createPooledStore(core: CoreDatabase): TenantStore {
  return {
    pool: core.runtime,
    hot: core.hot,
    beginTurn: createBatcher<BegunTurn, boolean>({
      inFlightMax: batchesInFlightMax,
      itemsMax: turnsPerBatchMax,
      bytesMax: bytesPerBatchMax,
      sizeOf: sizeOfTurn,
      send: (items) => callForTurns(core.hotWrites, 'begin_pooled_turns', items),
    }),
    finishTurn: createBatcher<FinishedTurn, boolean>({
      inFlightMax: batchesInFlightMax,
      itemsMax: turnsPerBatchMax,
      bytesMax: bytesPerBatchMax,
      sizeOf: sizeOfTurn,
      send: (items) => callForTurns(core.hotWrites, 'finish_pooled_turns', items),
    }),
  }
}

/** The bytes of a turn's texts; everything else is small. */
function sizeOfTurn({ turn }: BegunTurn | FinishedTurn): number {
  let bytes = Buffer.byteLength(turn.content)
  if ('sources' in turn) for (const source of turn.sources ?? []) bytes += Buffer.byteLength(source.excerpt)
  return bytes
}

async function callForTurns(
  hot: SQL,
  name: 'begin_pooled_turns' | 'finish_pooled_turns',
  items: (BegunTurn | FinishedTurn)[],
): Promise<boolean[]> {
  const turns = JSON.stringify(items.map((item) => item.turn))
  const calls = JSON.stringify(items.map((item) => item.call))
  const rows: { message_id: string; stored: boolean }[] =
    name === 'begin_pooled_turns'
      ? await hot`select * from public.begin_pooled_turns(${turns}::text::jsonb, ${calls}::text::jsonb)`
      : await hot`select * from public.finish_pooled_turns(${turns}::text::jsonb, ${calls}::text::jsonb)`
  const stored = new Map(rows.map((row) => [row.message_id, row.stored]))
  return items.map((item) => stored.get(item.turn.message_id) ?? false)
}
