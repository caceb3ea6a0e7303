import { type SQL, and, asc, count, desc, eq, gte, ilike, inArray, isNull, lt, max, or, sql } from 'drizzle-orm'
import type { TenantId, UserId } from '../platform/ids.ts'
import { tenantDomains } from './core-domains.schema.ts'
import { tenantPromptVersions, tenants, users } from './core.schema.ts'
import { needsAttention } from './overview.data.ts'
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
  state?: 'active' | 'attention' | 'provisioning' | 'suspended'
  isolation?: 'pooled' | 'dedicated'
  ownerId?: UserId
  /** The model a tenant names; '' are those that name none. */
  model?: string
  createdFrom?: Date
  /** Not included. */
  createdTo?: Date
}

/** Calls of the last seven days, for sorting lists by them. */
const requests7d = sql<number>`(select count(*) from usage_ledger l where l.tenant_id = "tenants"."id"
  and l.status <> 'reserved' and l.created_at > now() - interval '7 days')`

const sortColumns = {
  name: { value: tenants.name, valueType: 'text' },
  id: { value: tenants.id, valueType: 'text' },
  updated_at: { value: tenants.updatedAt, valueType: 'timestamptz' },
  created_at: { value: tenants.createdAt, valueType: 'timestamptz' },
  requests: { value: requests7d, valueType: 'bigint' },
} as const

/** Lists tenants: search over id, name and domains, keyset pages. */
export async function listTenants(database: Database, query: TenantListQuery): Promise<Page<TenantRecord>> {
  const column = isSortColumn(query.sort) ? sortColumns[query.sort] : sortColumns.created_at
  const keyset = keysetParts(query, { ...column, id: tenants.id, idType: 'text' })
  const rows = await database
    .select({ tenant: tenants, cursorValue: keyset.cursorValue })
    .from(tenants)
    .where(and(matching(query), keyset.where))
    .orderBy(...keyset.orderBy)
    .limit(query.limit + 1)
  return cutPage(
    rows.map((row) => ({ ...row.tenant, cursorValue: row.cursorValue })),
    query.limit,
  )
}

/** How many tenants a list would have on all its pages. */
export function countMatchingTenants(database: Database, query: TenantListQuery): Promise<number> {
  return database.$count(tenants, matching(query))
}

/** How many tenants somebody owns, those that are switched off included. */
export function countTenantsOf(database: Database, ownerId: UserId): Promise<number> {
  return database.$count(tenants, eq(tenants.ownerId, ownerId))
}

function matching(query: TenantListQuery): SQL | undefined {
  return and(
    query.q
      ? or(
          ilike(tenants.id, containsPattern(query.q)),
          ilike(tenants.name, containsPattern(query.q)),
          sql`exists (select from ${tenantDomains} d
            where d.tenant_id = ${tenants.id} and d.origin ilike ${containsPattern(query.q)})`,
        )
      : undefined,
    query.isActive === undefined ? undefined : eq(tenants.isActive, query.isActive),
    query.state && inState[query.state],
    query.isolation ? eq(tenants.isolation, query.isolation) : undefined,
    query.ownerId ? eq(tenants.ownerId, query.ownerId) : undefined,
    query.model === undefined ? undefined : query.model === '' ? isNull(tenants.model) : eq(tenants.model, query.model),
    query.createdFrom && gte(tenants.createdAt, query.createdFrom),
    query.createdTo && lt(tenants.createdAt, query.createdTo),
  )
}

/** The models that tenants name with how many name each, most first; null are those that name none. 200 at most. */
export function countTenantsByModel(database: Database): Promise<{ model: string | null; tenants: number }[]> {
  return database
    .select({ model: tenants.model, tenants: count() })
    .from(tenants)
    .groupBy(tenants.model)
    .orderBy(desc(count()), asc(tenants.model))
    .limit(200)
}

const inState: Record<NonNullable<TenantListQuery['state']>, SQL | undefined> = {
  active: and(eq(tenants.isActive, true), eq(tenants.state, 'active')),
  attention: needsAttention,
  provisioning: inArray(tenants.state, ['provisioning', 'moving']),
  suspended: eq(tenants.isActive, false),
}

function isSortColumn(name: string): name is keyof typeof sortColumns {
  return Object.hasOwn(sortColumns, name)
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
  const next = (await readLiveVersion(database, version.tenantId)) + 1
  await database.insert(tenantPromptVersions).values({ ...version, version: next })
  return next
}

/** The version of a tenant's prompt that is live: its newest, 0 when it never had one. */
export async function readLiveVersion(database: Database, tenantId: TenantId): Promise<number> {
  const [last] = await database
    .select({ version: max(tenantPromptVersions.version) })
    .from(tenantPromptVersions)
    .where(eq(tenantPromptVersions.tenantId, tenantId))
  return last?.version ?? 0
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
