import { type SQL, sql } from 'drizzle-orm'
import { parseTenantId, parseUserId, type TenantId, type UserId } from '../platform/ids.ts'
import { createBatcher } from './batcher.ts'
import { usageLedger } from './core-usage.schema.ts'
import type { HotPool } from './hot-pool.ts'
import type { Database } from './postgres.ts'
import type { ModelPrice } from './prices.data.ts'
import type { ReservedCall, SettledCall } from './tenant-scope.ts'

/** Reserves and settles calls that are no part of a pooled turn (embeddings, tests, dedicated turns); leases of all calls. */
export interface UsageLedger {
  reserve(call: ReservedCall): Promise<void>
  /** Only a reserved call is settled, so repeating it changes nothing. */
  settle(call: SettledCall): Promise<void>
  /** Prolongs the leases of calls that still run, to 90 s from now. */
  renewLeases(ids: string[]): Promise<void>
  /**
   * Calls whose lease ran out because the replica that made them is gone. Each is given to one caller, who has a minute
   * to settle it before it is given to another.
   */
  takeExpired(callsMax: number): Promise<LostCall[]>
  /**
   * Settles calls whose lease ran out so many seconds ago, as aborted and estimated, without an answer; returns whose.
   * Any replica may, exactly once each.
   */
  settleExpired(overdueSeconds?: number): Promise<ExpiredCall[]>
}

/** Whose a call was that nobody had settled, and the month it is counted in: `2026-11`. */
export interface ExpiredCall {
  tenantId: TenantId
  userId: UserId | null
  month: string
}

/** A call whose replica is gone. */
export interface LostCall extends ExpiredCall {
  id: string
  purpose: ReservedCall['purpose']
  model: string
  promptTokens: number
  /** What the model cost when the call was made. */
  price: ModelPrice | undefined
}

const batchesInFlightMax = 2
const callsPerBatchMax = 200

/** The ledger over the hot path's pool. */
export function createUsageLedger(hot: HotPool): UsageLedger {
  const batches = { inFlightMax: batchesInFlightMax, itemsMax: callsPerBatchMax }
  const reserve = createBatcher<ReservedCall, true>({
    ...batches,
    partyOf: (call) => call.tenant_id,
    async send(calls) {
      await hot.run('', (sql) => sql`select public.reserve_usage(${JSON.stringify(calls)}::text::jsonb)`)
      return calls.map(() => true)
    },
  })
  const settle = createBatcher<SettledCall, true>({
    ...batches,
    async send(calls) {
      await hot.run('', (sql) => sql`select public.settle_usage(${JSON.stringify(calls)}::text::jsonb)`)
      return calls.map(() => true)
    },
  })
  return {
    async reserve(call) {
      await reserve(call)
    },
    async settle(call) {
      await settle(call)
    },
    async renewLeases(ids) {
      if (ids.length === 0) return
      const wanted = JSON.stringify(ids)
      await hot.run(
        '',
        (sql) => sql`
        update public.usage_ledger set lease_expires_at = clock_timestamp() + interval '90 seconds'
        where status = 'reserved' and id in (select jsonb_array_elements_text(${wanted}::text::jsonb)::uuid)`,
      )
    },
    async takeExpired(callsMax) {
      const rows = await hot.run<LostRow[]>(
        '',
        (sql) => sql`
        with expired as materialized (
          select id from public.usage_ledger where status = 'reserved' and lease_expires_at < clock_timestamp()
          order by lease_expires_at limit ${callsMax} for update skip locked)
        update public.usage_ledger l set lease_expires_at = clock_timestamp() + interval '60 seconds'
        from expired where l.id = expired.id
        returning l.id, l.tenant_id, l.user_id, l.purpose, l.model, l.prompt_tokens,
          to_char(l.created_at at time zone 'UTC', 'YYYY-MM') as month,
          (select jsonb_build_object('input', p.input_per_million, 'cached', p.cached_input_per_million,
              'output', p.output_per_million) from public.model_prices p
            where p.provider = l.provider and p.model = l.model and p.valid_from <= l.created_at
            order by p.valid_from desc limit 1) as price`,
      )
      return rows.map(describeLost)
    },
    async settleExpired(overdueSeconds = 0) {
      // The prompt was sent; how much was answered died with the replica, so no answer is charged. Materialized: a plan
      // made while the ledger was empty would otherwise look for the expired ones anew for every row of it.
      const rows = await hot.run<ExpiredCall[]>(
        '',
        (sql) => sql`
        with expired as materialized (
          select id from public.usage_ledger
          where status = 'reserved' and lease_expires_at < clock_timestamp() - ${overdueSeconds} * interval '1 second'
          for update skip locked)
        update public.usage_ledger l set status = 'aborted', usage_source = 'estimated', settled_at = clock_timestamp(),
          lease_expires_at = null, completion_tokens = 0,
          cost_micro_usd = (
            select ceil(l.prompt_tokens * p.input_per_million / 1000000) from public.model_prices p
            where p.provider = l.provider and p.model = l.model and p.valid_from <= l.created_at
            order by p.valid_from desc limit 1)
        from expired where l.id = expired.id
        returning l.tenant_id as "tenantId", l.user_id as "userId",
          to_char(l.created_at at time zone 'UTC', 'YYYY-MM') as month`,
      )
      return [...rows]
    },
  }
}

interface LostRow {
  id: string
  tenant_id: TenantId
  user_id: UserId | null
  purpose: ReservedCall['purpose']
  model: string
  prompt_tokens: number
  month: string
  price: { input: number; cached: number; output: number } | null
}

function describeLost(row: LostRow): LostCall {
  const { price } = row
  return {
    id: row.id,
    tenantId: row.tenant_id,
    userId: row.user_id,
    purpose: row.purpose,
    model: row.model,
    promptTokens: row.prompt_tokens,
    price: price
      ? { inputPerMillion: price.input, cachedInputPerMillion: price.cached, outputPerMillion: price.output }
      : undefined,
    month: row.month,
  }
}

/** How usage is cut in time. Buckets start at UTC hours, days and months. */
export type UsageBucket = 'hour' | 'day' | 'month'
/** What usage is grouped by, beside time. */
export type UsageGroup = 'tenant' | 'model' | 'user' | 'purpose'

/** What usage is asked for. */
export interface UsageQuery {
  tenantId?: TenantId
  from: Date
  to: Date
  bucket: UsageBucket
  groupBy: UsageGroup | undefined
  limit: number
}

/** A cell of the usage table; `requests` counts settled calls. Times in milliseconds. */
export interface UsageRow {
  bucket: Date
  tenantId: TenantId | null
  model: string | null
  userId: UserId | null
  purpose: string | null
  requests: number
  failed: number
  aborted: number
  promptTokens: number
  completionTokens: number
  /** The sum of known prices; null when no call of the cell had a price. */
  costMicroUsd: number | null
  /** Calls of the cell without a known price: then the cost is a lower bound. */
  unpriced: number
  firstTokenMsP50: number | null
  firstTokenMsP95: number | null
}

const groupColumns = {
  tenant: 'tenant_id',
  model: 'model',
  user: 'user_id',
  purpose: 'purpose',
} as const

/** Sums settled calls by time and group, oldest bucket first, biggest group first within it. */
export async function queryUsage(database: Database, query: UsageQuery): Promise<UsageRow[]> {
  const column = query.groupBy ? groupColumns[query.groupBy] : undefined
  const group = (name: string): SQL => (column === name ? sql`${sql.identifier(name)}::text` : sql`null::text`)
  const rows = await database.execute<Record<string, string | null>>(sql`
    select
      to_char(date_trunc(${query.bucket}, created_at at time zone 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as bucket,
      ${group('tenant_id')} as tenant_id, ${group('model')} as model, ${group('user_id')} as user_id,
      ${group('purpose')} as purpose,
      count(*)::text as requests,
      (count(*) filter (where status = 'failed'))::text as failed,
      (count(*) filter (where status = 'aborted'))::text as aborted,
      sum(prompt_tokens)::text as prompt_tokens,
      sum(completion_tokens)::text as completion_tokens,
      sum(cost_micro_usd)::text as cost_micro_usd,
      (count(*) filter (where cost_micro_usd is null))::text as unpriced,
      percentile_disc(0.5) within group (order by first_token_ms)::text as p50,
      percentile_disc(0.95) within group (order by first_token_ms)::text as p95
    from ${usageLedger}
    where status <> 'reserved'
      and created_at >= ${query.from.toISOString()}::timestamptz and created_at < ${query.to.toISOString()}::timestamptz
      ${query.tenantId ? sql`and tenant_id = ${query.tenantId}` : sql``}
    group by 1, 2, 3, 4, 5
    order by 1, count(*) desc, 2, 3, 4, 5
    limit ${query.limit}`)
  return rows.map((row) => ({
    bucket: new Date(row.bucket ?? 0),
    tenantId: parseTenantId(row.tenant_id ?? '') ?? null,
    model: row.model ?? null,
    userId: parseUserId(row.user_id ?? '') ?? null,
    purpose: row.purpose ?? null,
    requests: Number(row.requests),
    failed: Number(row.failed),
    aborted: Number(row.aborted),
    promptTokens: Number(row.prompt_tokens),
    completionTokens: Number(row.completion_tokens),
    costMicroUsd: asNumber(row.cost_micro_usd),
    unpriced: Number(row.unpriced),
    firstTokenMsP50: asNumber(row.p50),
    firstTokenMsP95: asNumber(row.p95),
  }))
}

/** Removes a tenant's ledger; returns what it held, as the last statement of its usage. Part of a purge. */
export async function deleteUsageOfTenant(
  database: Database,
  tenantId: TenantId,
): Promise<{ calls: number; totalTokens: number; costMicroUsd: number | null }> {
  const [row] = await database.execute<{ calls: string; tokens: string | null; cost: string | null }>(sql`
    with gone as (delete from ${usageLedger} where tenant_id = ${tenantId}
      returning prompt_tokens, completion_tokens, cost_micro_usd)
    select count(*)::text as calls, sum(prompt_tokens + completion_tokens)::text as tokens,
      sum(cost_micro_usd)::text as cost from gone`)
  return {
    calls: Number(row?.calls ?? 0),
    totalTokens: Number(row?.tokens ?? 0),
    costMicroUsd: asNumber(row?.cost),
  }
}

function asNumber(text: string | null | undefined): number | null {
  return text === null || text === undefined ? null : Number(text)
}
