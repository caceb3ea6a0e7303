import { and, desc, eq, gte, lt, sql } from 'drizzle-orm'
import { newId, type TenantId, type UserId } from '../platform/ids.ts'
import type { LimitName } from '../platform/limit-settings.ts'
import { limitRefusals, limitWarnings } from './core-limits.schema.ts'
import { tenants, users } from './core.schema.ts'
import { cutPage, keysetParts, type Page, type PageQuery } from './page.ts'
import type { Database } from './postgres.ts'

/** Refused requests of one user, by one counter, within one minute. */
export interface RefusalChange {
  tenantId: TenantId
  userId: UserId
  name: LimitName
  scope: 'tenant' | 'user'
  limit: number
  spent: number
  resetsAt: Date
  requests: number
  lastAt: Date
  lastRequestId: string
}

/** A counter that reached what is warned of. */
export interface LimitWarning {
  tenantId: TenantId
  /** Null where the limit is the tenant's. */
  userId: UserId | null
  name: LimitName
  /** What it is told once for: a month, or a day for what is counted by the minute. */
  span: string
  threshold: number
  spent: number
  limit: number | null
}

/** A row of refused requests. */
export type RefusalRow = typeof limitRefusals.$inferSelect
/** A warning that was given. */
export type WarningRow = typeof limitWarnings.$inferSelect

/** Writes down refusals; those of one minute add up, whichever replica refused. A tenant that is gone is passed over. */
export async function storeRefusals(database: Database, changes: RefusalChange[]): Promise<void> {
  if (changes.length === 0) return
  const rows = JSON.stringify(
    changes.map((change) => ({
      id: newId(),
      tenant_id: change.tenantId,
      user_id: change.userId,
      name: change.name,
      scope: change.scope,
      limit: change.limit,
      spent: change.spent,
      resets_at: change.resetsAt.toISOString(),
      requests: change.requests,
      last_at: change.lastAt.toISOString(),
      last_request_id: change.lastRequestId,
    })),
  )
  await database.execute(sql`
    insert into limit_refusals as r (id, tenant_id, user_id, name, scope, "limit", spent, resets_at, minute, requests,
      last_at, last_request_id)
    select c.id, c.tenant_id, c.user_id, c.name, c.scope, c."limit", c.spent, c.resets_at,
      date_trunc('minute', c.last_at), c.requests, c.last_at, c.last_request_id
    from jsonb_to_recordset(${rows}::text::jsonb) as c(
      id uuid, tenant_id text, user_id uuid, name text, scope text, "limit" bigint, spent bigint,
      resets_at timestamptz, requests integer, last_at timestamptz, last_request_id text)
    join tenants t on t.id = c.tenant_id
    order by c.tenant_id, c.user_id, c.name, c.scope
    on conflict (tenant_id, minute, user_id, name, scope) do update set
      requests = r.requests + excluded.requests, "limit" = excluded."limit", spent = excluded.spent,
      resets_at = excluded.resets_at, last_at = greatest(r.last_at, excluded.last_at),
      last_request_id = excluded.last_request_id`)
}

/** A tenant's refused requests, last ones first. */
export async function listRefusals(
  database: Database,
  tenantId: TenantId,
  query: PageQuery,
): Promise<Page<RefusalRow>> {
  const keyset = keysetParts(query, {
    value: limitRefusals.lastAt,
    valueType: 'timestamptz',
    id: limitRefusals.id,
    idType: 'uuid',
  })
  const rows = await database
    .select({ refusal: limitRefusals, cursorValue: keyset.cursorValue })
    .from(limitRefusals)
    .where(and(eq(limitRefusals.tenantId, tenantId), keyset.where))
    .orderBy(...keyset.orderBy)
    .limit(query.limit + 1)
  return cutPage(
    rows.map(({ refusal, cursorValue }) => ({ ...refusal, cursorValue })),
    query.limit,
  )
}

/** A limit of a tenant that refused requests. */
export interface RefusingLimit {
  tenantId: TenantId
  tenantName: string
  name: LimitName
  scope: 'tenant' | 'user'
  requests: number
  lastAt: Date
}

/** The limits, of all tenants, that refused requests in the minutes since, last ones first. */
export function listRefusingLimits(
  database: Database,
  query: { since: Date; limit: number },
): Promise<RefusingLimit[]> {
  const lastAt = sql<Date>`max(${limitRefusals.lastAt})`.mapWith(limitRefusals.lastAt)
  return database
    .select({
      tenantId: limitRefusals.tenantId,
      tenantName: tenants.name,
      name: limitRefusals.name,
      scope: limitRefusals.scope,
      requests: sql<number>`sum(${limitRefusals.requests})`.mapWith(Number),
      lastAt,
    })
    .from(limitRefusals)
    .innerJoin(tenants, eq(tenants.id, limitRefusals.tenantId))
    .where(gte(limitRefusals.minute, query.since))
    .groupBy(limitRefusals.tenantId, tenants.name, limitRefusals.name, limitRefusals.scope)
    .orderBy(desc(lastAt), limitRefusals.tenantId)
    .limit(query.limit)
}

/** Notes a warning; false when it was given before, by whichever replica (the unique key decides). */
export async function insertWarning(database: Database, warning: LimitWarning & { at: Date }): Promise<boolean> {
  const rows = await database
    .insert(limitWarnings)
    .select(
      // A tenant that is gone meanwhile is warned of nothing.
      sql`select ${newId()}::uuid, ${tenants.id}, ${warning.userId ?? ''}, ${warning.name}, ${warning.span},
        ${warning.threshold}::bigint, ${warning.spent}::bigint, ${warning.limit}::bigint,
        ${warning.at.toISOString()}::timestamptz
        from ${tenants} where ${tenants.id} = ${warning.tenantId}`,
    )
    .onConflictDoNothing()
    .returning({ id: limitWarnings.id })
  return rows.length > 0
}

/** A tenant's last warnings, newest first. */
export function listWarnings(database: Database, tenantId: TenantId, limit: number): Promise<WarningRow[]> {
  return database
    .select()
    .from(limitWarnings)
    .where(eq(limitWarnings.tenantId, tenantId))
    .orderBy(desc(limitWarnings.at), desc(limitWarnings.id))
    .limit(limit)
}

/** Who is told of a tenant's warnings: its owner and the superusers, as far as they can sign in. */
export async function listWarned(database: Database, ownerId: UserId | null): Promise<string[]> {
  const rows = await database
    .select({ email: users.email })
    .from(users)
    .where(
      and(
        eq(users.isActive, true),
        ownerId === null
          ? eq(users.isSuperuser, true)
          : sql`(${users.isSuperuser} or (${users.id} = ${ownerId} and ${users.isVerified}))`,
      ),
    )
    .orderBy(users.email)
  return rows.map(({ email }) => email)
}

/** Removes refusals and warnings of before. */
export async function deleteOldLimitEvents(database: Database, before: Date): Promise<void> {
  await database.delete(limitRefusals).where(lt(limitRefusals.minute, before))
  await database.delete(limitWarnings).where(lt(limitWarnings.at, before))
}
