import { type SQL, and, asc, eq, isNotNull, isNull, sql } from 'drizzle-orm'
import type { TenantId } from '../platform/ids.ts'
import { tenantDomains } from './core-domains.schema.ts'
import type { Database } from './postgres.ts'

/** An origin of a tenant; without effect until `verifiedAt` is set. */
export type TenantDomain = typeof tenantDomains.$inferSelect

/** Any constant: the first key of the advisory locks on domains. */
const domainLock = 7_236_411

/** Adds a tenant's origin; undefined when the tenant has it already. */
export async function insertDomain(
  database: Database,
  domain: typeof tenantDomains.$inferInsert,
): Promise<TenantDomain | undefined> {
  const [row] = await database.insert(tenantDomains).values(domain).onConflictDoNothing().returning()
  return row
}

/** One origin of a tenant. */
export async function findDomain(
  database: Database,
  tenantId: TenantId,
  domain: string,
): Promise<TenantDomain | undefined> {
  const [row] = await database.select().from(tenantDomains).where(isDomain(tenantId, domain))
  return row
}

/**
 * Which tenant has this domain verified. Nobody else can verify it until the transaction ends: whoever asks takes the
 * domain's advisory lock first.
 */
export async function findVerifiedTenantIdLocked(database: Database, domain: string): Promise<TenantId | undefined> {
  await database.execute(sql`select pg_advisory_xact_lock(${domainLock}, hashtext(${domain}))`)
  const [row] = await database
    .select({ tenantId: tenantDomains.tenantId })
    .from(tenantDomains)
    .where(and(eq(tenantDomains.domain, domain), isNotNull(tenantDomains.verifiedAt)))
  return row?.tenantId
}

/** Marks an origin as the tenant's; undefined when it is gone or verified already. */
export async function markVerified(
  database: Database,
  domain: { tenantId: TenantId; domain: string; at: Date },
): Promise<TenantDomain | undefined> {
  const [row] = await database
    .update(tenantDomains)
    .set({ verifiedAt: domain.at })
    .where(and(isDomain(domain.tenantId, domain.domain), isNull(tenantDomains.verifiedAt)))
    .returning()
  return row
}

/** Removes an origin; returns it as it was. */
export async function deleteDomain(
  database: Database,
  tenantId: TenantId,
  domain: string,
): Promise<TenantDomain | undefined> {
  const [row] = await database.delete(tenantDomains).where(isDomain(tenantId, domain)).returning()
  return row
}

/** How many origins a tenant has. */
export function countDomains(database: Database, tenantId: TenantId): Promise<number> {
  return database.$count(tenantDomains, eq(tenantDomains.tenantId, tenantId))
}

/** A tenant's origins, oldest first. */
export function listDomains(database: Database, tenantId: TenantId): Promise<TenantDomain[]> {
  return database
    .select()
    .from(tenantDomains)
    .where(eq(tenantDomains.tenantId, tenantId))
    .orderBy(asc(tenantDomains.createdAt), asc(tenantDomains.domain))
}

/** Every verified origin with its tenant. */
export function loadVerifiedOrigins(database: Database): Promise<{ origin: string; tenantId: TenantId }[]> {
  return database
    .select({ origin: tenantDomains.origin, tenantId: tenantDomains.tenantId })
    .from(tenantDomains)
    .where(isNotNull(tenantDomains.verifiedAt))
}

function isDomain(tenantId: TenantId, domain: string): SQL | undefined {
  return and(eq(tenantDomains.tenantId, tenantId), eq(tenantDomains.domain, domain))
}
