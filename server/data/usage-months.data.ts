import { inArray, type SQL, sql } from 'drizzle-orm'
import type { TenantId, UserId } from '../platform/ids.ts'
import { usageLedger } from './core-usage.schema.ts'
import type { Database } from './postgres.ts'

/** Tokens and micro-USD; calls without a price add none. */
export interface UsedAmounts {
  tokens: number
  costMicroUsd: number
}

/** Rows of a calendar month in UTC, written `2026-11`. */
function withinMonth(month: string): SQL {
  const first = sql`${`${month}-01`}::date`
  return sql`${usageLedger.createdAt} >= (${first}::timestamp at time zone 'UTC')
    and ${usageLedger.createdAt} < ((${first} + interval '1 month')::timestamp at time zone 'UTC')`
}

/** What a tenant, or one of its users, used in a month; calls under way with what they reserved. */
export async function sumMonth(
  database: Database,
  query: { tenantId: TenantId; userId: UserId | null; month: string; exceptCalls: string[] },
): Promise<UsedAmounts> {
  const { tenantId, userId, exceptCalls } = query
  const [row] = await database.execute<{ tokens: string; cost: string }>(sql`
    select coalesce(sum(prompt_tokens::bigint + completion_tokens), 0)::text as tokens,
      coalesce(sum(cost_micro_usd), 0)::text as cost
    from ${usageLedger}
    where tenant_id = ${tenantId} and ${withinMonth(query.month)}
      ${userId === null ? sql`` : sql`and user_id = ${userId}`}
      ${
        exceptCalls.length === 0
          ? sql``
          : sql`and id not in (select jsonb_array_elements_text(${JSON.stringify(exceptCalls)}::text::jsonb)::uuid)`
      }`)
  return { tokens: Number(row?.tokens ?? 0), costMicroUsd: Number(row?.cost ?? 0) }
}

/** The users of a tenant who used most in a month, most tokens first. */
export async function listBusiestUsers(
  database: Database,
  query: { tenantId: TenantId; month: string; limit: number },
): Promise<(UsedAmounts & { userId: UserId })[]> {
  const rows = await database.execute<{ user_id: UserId; tokens: string; cost: string }>(sql`
    select user_id, sum(prompt_tokens::bigint + completion_tokens)::text as tokens,
      coalesce(sum(cost_micro_usd), 0)::text as cost
    from ${usageLedger}
    where tenant_id = ${query.tenantId} and user_id is not null and ${withinMonth(query.month)}
    group by user_id order by sum(prompt_tokens::bigint + completion_tokens) desc, user_id limit ${query.limit}`)
  return rows.map((row) => ({ userId: row.user_id, tokens: Number(row.tokens), costMicroUsd: Number(row.cost) }))
}

/** A call as the ledger has it. */
export interface LedgerCall extends UsedAmounts {
  id: string
  isSettled: boolean
}

/** The calls of these ids that the ledger knows. */
export async function findCalls(database: Database, ids: string[]): Promise<Map<string, LedgerCall>> {
  if (ids.length === 0) return new Map()
  const rows = await database
    .select({
      id: usageLedger.id,
      status: usageLedger.status,
      promptTokens: usageLedger.promptTokens,
      completionTokens: usageLedger.completionTokens,
      costMicroUsd: usageLedger.costMicroUsd,
    })
    .from(usageLedger)
    .where(inArray(usageLedger.id, ids))
  return new Map(
    rows.map((row) => [
      row.id,
      {
        id: row.id,
        isSettled: row.status !== 'reserved',
        tokens: row.promptTokens + row.completionTokens,
        costMicroUsd: row.costMicroUsd ?? 0,
      },
    ]),
  )
}

/** The database's clock, by which the ledger stamps its rows. */
export async function readDatabaseTime(database: Database): Promise<Date> {
  const [row] = await database.execute<{ ms: string }>(sql`
    select floor(extract(epoch from clock_timestamp()) * 1000)::bigint::text as ms`)
  return new Date(Number(row?.ms ?? 0))
}

/** Every tenant that used something in a month, with what its settled calls used. */
export async function listUsedMonths(
  database: Database,
  month: string,
): Promise<{ tenantId: TenantId; settled: UsedAmounts }[]> {
  const rows = await database.execute<{ tenant_id: TenantId; tokens: string; cost: string }>(sql`
    select tenant_id, coalesce(sum(prompt_tokens::bigint + completion_tokens), 0)::text as tokens,
      coalesce(sum(cost_micro_usd), 0)::text as cost
    from ${usageLedger} where status <> 'reserved' and ${withinMonth(month)} group by tenant_id order by tenant_id`)
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    settled: { tokens: Number(row.tokens), costMicroUsd: Number(row.cost) },
  }))
}
