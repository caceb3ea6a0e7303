import { and, eq, sql } from 'drizzle-orm'
import type { TenantId, UserId } from '../platform/ids.ts'
import { changesChannel } from './change-feed.ts'
import { usageLedger } from './core-usage.schema.ts'
import type { Database } from './postgres.ts'
import type { StoredUsage } from './tenant.schema.ts'

/** A model call as its asker may see it. */
export interface StreamCall {
  status: 'reserved' | 'completed' | 'aborted' | 'failed'
  /** What was counted; of a reserved call, what was set aside. */
  usage: StoredUsage
}

/** The call of a stream, which is called as its ledger row; undefined when it is not this user's. */
export async function findStreamCall(
  database: Database,
  wanted: { streamId: string; tenantId: TenantId; userId: UserId; purpose: 'chat' | 'test' },
): Promise<StreamCall | undefined> {
  const [row] = await database
    .select()
    .from(usageLedger)
    .where(
      and(
        eq(usageLedger.id, wanted.streamId),
        eq(usageLedger.tenantId, wanted.tenantId),
        eq(usageLedger.userId, wanted.userId),
        eq(usageLedger.purpose, wanted.purpose),
      ),
    )
  return (
    row && {
      status: row.status,
      usage: {
        model: row.model,
        prompt_tokens: row.promptTokens,
        completion_tokens: row.completionTokens,
        total_tokens: row.promptTokens + row.completionTokens,
        cost_micro_usd: row.costMicroUsd,
        usage_source: row.usageSource,
      },
    }
  )
}

/** Asks every replica to end a stream; the one that has it does. */
export async function announceStop(database: Database, streamId: string): Promise<void> {
  await database.execute(sql`select pg_notify(${changesChannel}, ${`stop_stream ${streamId}`})`)
}
