import { type SQL, and, desc, eq, ilike, lt, max, or } from 'drizzle-orm'
import type { TenantId, UserId } from '../platform/ids.ts'
import { tenantPromptVersions, tenants, users } from './core.schema.ts'
import { type Page, type PageQuery, containsPattern, cutPage, keysetParts } from './page.ts'
import type { Database } from './postgres.ts'

/** A tenant with its sealed secrets. */
export type TenantRecord = typeof tenants.$inferSelect

/** What may be written to a tenant. */
export type TenantChanges = Partial<Omit<typeof tenants.$inferInsert, 'id' | 'number' | 'createdAt'>>

/** The tenant of this id. */
export async function findTenant(database: Database, id: TenantId): Promise<TenantRecord | undefined> {
  const [row] = await database.select().from(tenants).where(eq(tenants.id, id))
  return row
}

/** The tenant of this id, locked for the rest of the transaction. */
export async function findTenantForUpdate(database: Database, id: TenantId): Promise<TenantRecord | undefined> {
  const [row] = await database.select().from(tenants).where(eq(tenants.id, id)).for('update')
  return row
}

/** Adds a tenant; undefined when the id is taken (the primary key decides). */
export async function insertTenant(
  database: Database,
  tenant: TenantChanges & { id: TenantId; name: string },
): Promise<TenantRecord | undefined> {
  const [row] = await database.insert(tenants).values(tenant).onConflictDoNothing().returning()
  return row
}

/** Changes a tenant; undefined when there is none. */
export async function updateTenant(
  database: Database,
  id: TenantId,
  changes: TenantChanges,
): Promise<TenantRecord | undefined> {
  const [row] = await database
    .update(tenants)
    .set({ ...changes, updatedAt: new Date() })
    .where(eq(tenants.id, id))
    .returning()
  return row
}

/** Removes a tenant with its prompt versions; platform users assigned to it become unassigned. */
export async function deleteTenant(database: Database, id: TenantId): Promise<void> {
  await database.delete(tenants).where(eq(tenants.id, id))
}

/** What to list of the tenants. */
export interface TenantListQuery extends PageQuery {
  isActive?: boolean
  isolation?: 'pooled' | 'dedicated'
  ownerId?: UserId
}

/** Lists tenants: search over id and name, keyset pages. */
export async function listTenants(database: Database, query: TenantListQuery): Promise<Page<TenantRecord>> {
  const byName = query.sort === 'name'
  const byId = query.sort === 'id'
  const keyset = keysetParts(query, {
    value: byName
      ? tenants.name
      : byId
        ? tenants.id
        : query.sort === 'updated_at'
          ? tenants.updatedAt
          : tenants.createdAt,
    valueType: byName || byId ? 'text' : 'timestamptz',
    id: tenants.id,
    idType: 'text',
  })
  const conditions: (SQL | undefined)[] = [
    query.q
      ? or(ilike(tenants.id, containsPattern(query.q)), ilike(tenants.name, containsPattern(query.q)))
      : undefined,
    query.isActive === undefined ? undefined : eq(tenants.isActive, query.isActive),
    query.isolation ? eq(tenants.isolation, query.isolation) : undefined,
    query.ownerId ? eq(tenants.ownerId, query.ownerId) : undefined,
    keyset.where,
  ]
  const rows = await database
    .select({ tenant: tenants, cursorValue: keyset.cursorValue })
    .from(tenants)
    .where(and(...conditions))
    .orderBy(...keyset.orderBy)
    .limit(query.limit + 1)
  return cutPage(
    rows.map((row) => ({ ...row.tenant, cursorValue: row.cursorValue })),
    query.limit,
  )
}

/** A version of a tenant's system prompt; a null prompt means the platform's default. */
export interface PromptVersion {
  version: number
  systemPrompt: string | null
  author: { id: UserId; email: string | null; fullName: string | null } | null
  createdAt: Date
}

/** Adds the next version of a tenant's prompt. The tenant's row must be locked, so that versions have no gaps. */
export async function insertPromptVersion(
  database: Database,
  version: { tenantId: TenantId; systemPrompt: string | null; authorId: UserId | null; authorEmail: string | null },
): Promise<number> {
  const [last] = await database
    .select({ version: max(tenantPromptVersions.version) })
    .from(tenantPromptVersions)
    .where(eq(tenantPromptVersions.tenantId, version.tenantId))
  const next = (last?.version ?? 0) + 1
  await database.insert(tenantPromptVersions).values({ ...version, version: next })
  return next
}

/** Lists a tenant's prompt versions, newest first. */
export async function listPromptVersions(
  database: Database,
  query: { tenantId: TenantId; beforeVersion?: number; limit: number },
): Promise<PromptVersion[]> {
  const rows = await database
    .select({ prompt: tenantPromptVersions, fullName: users.fullName })
    .from(tenantPromptVersions)
    .leftJoin(users, eq(users.id, tenantPromptVersions.authorId))
    .where(
      and(
        eq(tenantPromptVersions.tenantId, query.tenantId),
        query.beforeVersion === undefined ? undefined : lt(tenantPromptVersions.version, query.beforeVersion),
      ),
    )
    .orderBy(desc(tenantPromptVersions.version))
    .limit(query.limit)
  return rows.map(({ prompt, fullName }) => ({
    version: prompt.version,
    systemPrompt: prompt.systemPrompt,
    author: prompt.authorId ? { id: prompt.authorId, email: prompt.authorEmail, fullName } : null,
    createdAt: prompt.createdAt,
  }))
}

/** One version of a tenant's prompt. */
export async function findPromptVersion(
  database: Database,
  tenantId: TenantId,
  version: number,
): Promise<{ systemPrompt: string | null } | undefined> {
  const [row] = await database
    .select({ systemPrompt: tenantPromptVersions.systemPrompt })
    .from(tenantPromptVersions)
    .where(and(eq(tenantPromptVersions.tenantId, tenantId), eq(tenantPromptVersions.version, version)))
  return row
}
