import { and, asc, eq, inArray, isNotNull, sql } from 'drizzle-orm'
import type { TenantId } from '../platform/ids.ts'
import { connectionHealth, tenants } from './core.schema.ts'
import type { Database } from './postgres.ts'

/** A tenant's connection to another service, or to its own database. */
export type ConnectionKind = 'model' | 'pinecone' | 'database'

/** What happened on one connection since it was last written down. */
export interface HealthChange {
  tenantId: TenantId
  connection: ConnectionKind
  /** The newest outcome; null means that it worked. */
  failure: { code: string; detail: string } | null
  /** Answers that failed or fell back meanwhile. */
  affected: number
  at: Date
}

/**
 * Writes down how connections did. A success ends a failure; a failure keeps the time of the first of its row. Several
 * replicas may write at once: each adds what it saw. A tenant that is gone is passed over.
 */
export async function storeHealth(database: Database, changes: HealthChange[]): Promise<void> {
  if (changes.length === 0) return
  const rows = JSON.stringify(
    changes.map((change) => ({
      tenant_id: change.tenantId,
      connection: change.connection,
      failed: change.failure !== null,
      code: change.failure?.code ?? null,
      detail: change.failure?.detail ?? null,
      affected: change.affected,
      at: change.at.toISOString(),
    })),
  )
  await database.execute(sql`
    insert into connection_health as h (tenant_id, connection, last_success_at, failing_since, code, detail, affected, updated_at)
    select c.tenant_id, c.connection, case when not c.failed then c.at end, case when c.failed then c.at end,
      c.code, c.detail, case when c.failed then c.affected else 0 end, c.at
    from jsonb_to_recordset(${rows}::text::jsonb) as c(
      tenant_id text, connection text, failed boolean, code text, detail text, affected integer, at timestamptz)
    -- The key share lock keeps the tenant until this commits.
    join tenants t on t.id = c.tenant_id
    order by c.tenant_id, c.connection
    on conflict (tenant_id, connection) do update set
      last_success_at = coalesce(excluded.last_success_at, h.last_success_at),
      failing_since = case when excluded.failing_since is null then null else coalesce(h.failing_since, excluded.failing_since) end,
      code = excluded.code, detail = excluded.detail,
      affected = case when excluded.failing_since is null then 0 else h.affected + excluded.affected end,
      updated_at = excluded.updated_at`)
}

/** How a connection does. */
export interface ConnectionState {
  connection: ConnectionKind
  lastSuccessAt: Date | null
  failingSince: Date | null
  code: string | null
  detail: string | null
  affected: number
}

/** A connection that fails, with the tenant it belongs to. */
export interface FailingConnection extends ConnectionState {
  tenantId: TenantId
  tenantName: string
}

const columns = {
  connection: connectionHealth.connection,
  lastSuccessAt: connectionHealth.lastSuccessAt,
  failingSince: connectionHealth.failingSince,
  code: connectionHealth.code,
  detail: connectionHealth.detail,
  affected: connectionHealth.affected,
}

/** The connections of active tenants that fail now, longest first. */
export function listFailingConnections(database: Database, limit: number): Promise<FailingConnection[]> {
  return database
    .select({ ...columns, tenantId: tenants.id, tenantName: tenants.name })
    .from(connectionHealth)
    .innerJoin(tenants, eq(tenants.id, connectionHealth.tenantId))
    .where(and(isNotNull(connectionHealth.failingSince), eq(tenants.isActive, true)))
    .orderBy(asc(connectionHealth.failingSince))
    .limit(limit)
}

/** How one tenant's connections do; those never used are missing. */
export function listConnectionStates(database: Database, tenantId: TenantId): Promise<ConnectionState[]> {
  return database.select(columns).from(connectionHealth).where(eq(connectionHealth.tenantId, tenantId))
}

/** Which connections of the given tenants fail now. */
export async function listFailingOf(database: Database, ids: TenantId[]): Promise<Map<TenantId, ConnectionKind[]>> {
  if (ids.length === 0) return new Map()
  const rows = await database
    .select({ tenantId: connectionHealth.tenantId, connection: connectionHealth.connection })
    .from(connectionHealth)
    .where(and(inArray(connectionHealth.tenantId, ids), isNotNull(connectionHealth.failingSince)))
    .orderBy(asc(connectionHealth.connection))
  const failing = new Map<TenantId, ConnectionKind[]>()
  for (const row of rows) failing.set(row.tenantId, [...(failing.get(row.tenantId) ?? []), row.connection])
  return failing
}
