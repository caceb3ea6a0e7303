import { inArray, type SQL, sql } from 'drizzle-orm'
import { parseTenantId, type TenantId } from '../platform/ids.ts'
import { usageLedger } from './core-usage.schema.ts'
import { auditLog, connectionHealth, tenants, users } from './core.schema.ts'
import type { Database } from './postgres.ts'

/** A span of the ledger: settled calls from `from` until before `to`, of one tenant or of all. */
export interface UsageSpan {
  tenantId?: TenantId
  from: Date
  to: Date
}

/** What was used in a span. Times in milliseconds, cost in micro-USD (null when no call had a price). */
export interface UsageTotals {
  requests: number
  failed: number
  aborted: number
  promptTokens: number
  completionTokens: number
  costMicroUsd: number | null
  unpriced: number
  firstTokenMsP50: number | null
  firstTokenMsP95: number | null
}

const figures = sql`
  count(*)::int as requests,
  (count(*) filter (where status = 'failed'))::int as failed,
  (count(*) filter (where status = 'aborted'))::int as aborted,
  coalesce(sum(prompt_tokens), 0)::text as prompt_tokens,
  coalesce(sum(completion_tokens), 0)::text as completion_tokens,
  sum(cost_micro_usd)::text as cost_micro_usd,
  (count(*) filter (where cost_micro_usd is null))::int as unpriced,
  percentile_disc(0.5) within group (order by first_token_ms) as p50,
  percentile_disc(0.95) within group (order by first_token_ms) as p95`

interface FigureRow extends Record<string, unknown> {
  requests: number
  failed: number
  aborted: number
  prompt_tokens: string
  completion_tokens: string
  cost_micro_usd: string | null
  unpriced: number
  p50: number | null
  p95: number | null
}

/** The totals of a span. */
export async function sumUsage(database: Database, span: UsageSpan): Promise<UsageTotals> {
  const [row] = await database.execute<FigureRow>(sql`select ${figures} from ${usageLedger} where ${within(span)}`)
  return row ? readFigures(row) : emptyTotals
}

/** A step of a series. */
export interface UsageStep extends UsageTotals {
  at: Date
}

/** The totals of each step of a span; steps without a call are there, too, with zeros. */
export async function seriesOfUsage(database: Database, span: UsageSpan, stepSeconds: number): Promise<UsageStep[]> {
  const origin = span.from.toISOString()
  const rows = await database.execute<FigureRow & { step: number }>(sql`
    select floor(extract(epoch from created_at - ${origin}::timestamptz) / ${stepSeconds}::int)::int as step, ${figures}
    from ${usageLedger} where ${within(span)} group by 1`)
  const byStep = new Map(rows.map((row) => [row.step, readFigures(row)]))
  const steps = Math.ceil((span.to.getTime() - span.from.getTime()) / 1000 / stepSeconds)
  return Array.from({ length: steps }, (_, step) => ({
    at: new Date(span.from.getTime() + step * stepSeconds * 1000),
    ...(byStep.get(step) ?? emptyTotals),
  }))
}

/** A tenant's totals in a span. */
export interface BusyTenant extends UsageTotals {
  tenantId: TenantId
  name: string
}

/** The tenants with the most calls in a span, most first. */
export async function listBusiestTenants(database: Database, span: UsageSpan, limit: number): Promise<BusyTenant[]> {
  const rows = await database.execute<FigureRow & { tenant_id: string; name: string }>(sql`
    select busy.*, t.name from (
      select tenant_id, ${figures} from ${usageLedger} where ${within(span)}
      group by tenant_id order by count(*) desc, tenant_id limit ${limit}
    ) busy join ${tenants} t on t.id = busy.tenant_id
    order by busy.requests desc, busy.tenant_id`)
  return rows.flatMap((row) => {
    const tenantId = parseTenantId(row.tenant_id)
    return tenantId ? [{ ...readFigures(row), tenantId, name: row.name }] : []
  })
}

/** How many tenants there are in each state; `attention` are active ones with a failing connection. */
export interface TenantCounts {
  all: number
  active: number
  attention: number
  provisioning: number
  suspended: number
}

/** Counts tenants by state. */
export async function countTenants(database: Database): Promise<TenantCounts> {
  const [row] = await database.execute<{ [K in keyof TenantCounts]: number }>(sql`
    select count(*)::int as all,
      (count(*) filter (where is_active and state = 'active'))::int as active,
      (count(*) filter (where ${needsAttention}))::int as attention,
      (count(*) filter (where state in ('provisioning', 'moving')))::int as provisioning,
      (count(*) filter (where not is_active))::int as suspended
    from ${tenants}`)
  return row ?? { all: 0, active: 0, attention: 0, provisioning: 0, suspended: 0 }
}

/** The condition that an active tenant has a failing connection, or that its making failed. */
export const needsAttention: SQL = sql`(${tenants.isActive} and (${tenants.state} = 'failed' or exists (
  select from ${connectionHealth} h where h.tenant_id = ${tenants}.id and h.failing_since is not null)))`

/** What a list shows beside a tenant. `daily` are calls of the last 28 days, oldest first. */
export interface TenantUsage {
  requests7d: number
  firstTokenMsP95: number | null
  costMonthMicroUsd: number | null
  lastActiveAt: Date | null
  daily: number[]
}

const sparklineDays = 28

/** The usage of the given tenants, for lists; those that were never used are missing. */
export async function readUsageOfTenants(
  database: Database,
  ids: TenantId[],
  now: Date,
): Promise<Map<TenantId, TenantUsage>> {
  if (ids.length === 0) return new Map()
  const at = now.toISOString()
  const [sums, days] = await Promise.all([
    database.execute<{
      tenant_id: string
      requests_7d: number
      p95: number | null
      cost: string | null
      last_active: string | null
    }>(sql`
      select tenant_id,
        (count(*) filter (where created_at >= ${at}::timestamptz - interval '7 days'))::int as requests_7d,
        percentile_disc(0.95) within group (order by first_token_ms)
          filter (where created_at >= ${at}::timestamptz - interval '7 days') as p95,
        (sum(cost_micro_usd) filter (
          where created_at >= date_trunc('month', ${at}::timestamptz at time zone 'UTC') at time zone 'UTC'))::text as cost,
        to_char(max(created_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as last_active
      from ${usageLedger}
      where status <> 'reserved' and ${inArray(usageLedger.tenantId, ids)}
        and created_at >= ${at}::timestamptz - interval '32 days'
      group by tenant_id`),
    database.execute<{ tenant_id: string; age: number; requests: number }>(sql`
      select tenant_id, floor(extract(epoch from ${at}::timestamptz - created_at) / 86400)::int as age, count(*)::int as requests
      from ${usageLedger}
      where status <> 'reserved' and ${inArray(usageLedger.tenantId, ids)}
        and created_at > ${at}::timestamptz - interval '28 days' and created_at <= ${at}::timestamptz
      group by 1, 2`),
  ])
  const usage = new Map<TenantId, TenantUsage>()
  for (const row of sums) {
    const id = parseTenantId(row.tenant_id)
    if (!id) continue
    usage.set(id, {
      requests7d: row.requests_7d,
      firstTokenMsP95: row.p95,
      costMonthMicroUsd: row.cost === null ? null : Number(row.cost),
      lastActiveAt: row.last_active === null ? null : new Date(row.last_active),
      daily: Array.from({ length: sparklineDays }, () => 0),
    })
  }
  for (const row of days) {
    const id = parseTenantId(row.tenant_id)
    const daily = id && usage.get(id)?.daily
    if (daily) daily[sparklineDays - 1 - row.age] = row.requests
  }
  return usage
}

/** What is set up on this installation, for the first steps that the console offers. */
export interface SetupFacts {
  superusers: number
  tenants: number
  tenantsWithModelKey: number
  pineconePassed: number
  /** Somebody was assigned to a tenant, or made or registered in one. */
  hasMembers: boolean
  answers: number
}

/** Reads what is set up; counts stop mattering at two, so each is cheap. */
export async function readSetupFacts(database: Database): Promise<SetupFacts> {
  const [row] = await database.execute<{
    superusers: number
    tenants: number
    keys: number
    pinecone: number
    members: boolean
    answers: number
  }>(sql`
    select
      (select count(*)::int from (select from ${users} where is_superuser and is_active limit 2) s) as superusers,
      (select count(*)::int from (select from ${tenants} limit 1) s) as tenants,
      (select count(*)::int from (select from ${tenants} where model_api_key is not null limit 1) s) as keys,
      (select count(*)::int from (
        select from ${connectionHealth} where connection = 'pinecone' and last_success_at is not null limit 1) s) as pinecone,
      (exists (select from ${users} where tenant_id is not null)
        or exists (select from ${auditLog} where outcome = 'done' and action in
          ('tenant_user.created', 'tenant_user.registered', 'tenant_user.joined'))) as members,
      (select count(*)::int from (
        select from ${usageLedger} where purpose = 'chat' and status = 'completed' limit 1) s) as answers`)
  return {
    superusers: row?.superusers ?? 0,
    tenants: row?.tenants ?? 0,
    tenantsWithModelKey: row?.keys ?? 0,
    pineconePassed: row?.pinecone ?? 0,
    hasMembers: row?.members ?? false,
    answers: row?.answers ?? 0,
  }
}

function within(span: UsageSpan): SQL {
  const tenant = span.tenantId ? sql`and tenant_id = ${span.tenantId}` : sql``
  return sql`status <> 'reserved' and created_at >= ${span.from.toISOString()}::timestamptz
    and created_at < ${span.to.toISOString()}::timestamptz ${tenant}`
}

const emptyTotals: UsageTotals = {
  requests: 0,
  failed: 0,
  aborted: 0,
  promptTokens: 0,
  completionTokens: 0,
  costMicroUsd: null,
  unpriced: 0,
  firstTokenMsP50: null,
  firstTokenMsP95: null,
}

function readFigures(row: FigureRow): UsageTotals {
  return {
    requests: row.requests,
    failed: row.failed,
    aborted: row.aborted,
    promptTokens: Number(row.prompt_tokens),
    completionTokens: Number(row.completion_tokens),
    costMicroUsd: row.cost_micro_usd === null ? null : Number(row.cost_micro_usd),
    unpriced: row.unpriced,
    firstTokenMsP50: row.p50,
    firstTokenMsP95: row.p95,
  }
}
