import { sql } from 'drizzle-orm'
import type { TenantId, UserId } from '../platform/ids.ts'
import { apiKeys } from './core-api-keys.schema.ts'
import { tenants, users } from './core.schema.ts'
import type { Database } from './postgres.ts'

/** Who an id of the usage ledger stands for. */
export interface CallerName {
  kind: 'api_key' | 'user'
  /** An API key's name, also of one that was revoked; a platform user's address. */
  name: string
}

/**
 * Who these ids are, as far as the core database knows: API keys and platform users. End users are known only in their
 * tenant's store. For a tenant's managers: its own keys, those assigned to it and its owner.
 */
export async function findCallerNames(
  database: Database,
  query: { ids: readonly UserId[]; tenantId: TenantId | undefined },
): Promise<Map<string, CallerName>> {
  const { ids, tenantId } = query
  if (ids.length === 0) return new Map()
  // One parameter, however many there are.
  const wanted = sql`any(string_to_array(${ids.join(',')}, ',')::uuid[])`
  const ownKey = tenantId === undefined ? sql`true` : sql`k.tenant_id = ${tenantId}`
  const ownUser =
    tenantId === undefined
      ? sql`true`
      : sql`u.tenant_id = ${tenantId} or u.id = (select t.owner_id from ${tenants} t where t.id = ${tenantId})`
  const rows = await database.execute<{ id: string; kind: CallerName['kind']; name: string }>(sql`
    select k.id::text as id, 'api_key' as kind, k.name from ${apiKeys} k where k.id = ${wanted} and ${ownKey}
    union all
    select u.id::text, 'user', u.email from ${users} u where u.id = ${wanted} and (${ownUser})`)
  return new Map(rows.map(({ id, kind, name }) => [id, { kind, name }]))
}
