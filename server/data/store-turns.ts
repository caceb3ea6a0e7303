import type { UserId } from '../platform/ids.ts'
import { type Batched, createBatcher } from './batcher.ts'
import type { BegunTurn, FinishedTurn, TenantUserRow, TurnOutcome } from './tenant-scope.ts'

const batchesInFlightMax = 2
const turnsPerBatchMax = 200
/** Long turns travel in few: a batch is one text of JSON here and one value there. */
const bytesPerBatchMax = 4 * 1024 * 1024

/** A row of `tenant.begin_turns` and `tenant.finish_turns`: null when the tenant is being moved away from this store. */
export interface StoredTurnRow {
  message_id: string
  stored: boolean | null
}

/**
 * Stores turns in batches, each with its own answer.
 * @param send stores all or nothing; answers a row for each message
 */
export function createTurnBatcher<T extends BegunTurn | FinishedTurn>(
  send: (turns: T[]) => Promise<StoredTurnRow[]>,
): Batched<T, TurnOutcome> {
  return createBatcher<T, TurnOutcome>({
    inFlightMax: batchesInFlightMax,
    itemsMax: turnsPerBatchMax,
    bytesMax: bytesPerBatchMax,
    sizeOf: sizeOfTurn,
    partyOf: ({ turn }) => turn.tenant_id,
    async send(items) {
      const rows = await send(items)
      const stored = new Map(rows.map((row) => [row.message_id, row.stored]))
      return items.map((item) => {
        const outcome = stored.get(item.turn.message_id)
        return outcome === null ? 'fenced' : (outcome ?? false)
      })
    },
  })
}

/** The bytes of a turn's texts; everything else is small. */
function sizeOfTurn({ turn }: BegunTurn | FinishedTurn): number {
  let bytes = Buffer.byteLength(turn.content)
  if ('sources' in turn) for (const source of turn.sources ?? []) bytes += Buffer.byteLength(source.excerpt)
  return bytes
}

/** A row of `tenant.read_user`; its time is a text where the driver leaves times as they come. */
export interface ReadUserRow {
  email: string
  full_name: string | null
  core_user_id: UserId | null
  is_active: boolean
  is_verified: boolean
  is_service: boolean
  created_at: Date | string
  password_epoch: number
}

/** That row as a tenant user. */
export function describeUserRow(id: UserId, row: ReadUserRow): TenantUserRow {
  return {
    id,
    email: row.email,
    fullName: row.full_name,
    coreUserId: row.core_user_id,
    isActive: row.is_active,
    isVerified: row.is_verified,
    isService: row.is_service,
    createdAt: new Date(row.created_at),
    passwordEpoch: row.password_epoch,
  }
}
