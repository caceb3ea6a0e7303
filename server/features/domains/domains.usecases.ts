import { randomBytes } from 'node:crypto'
import { type AuditActor, insertAudit } from '../../data/audit.data.ts'
import type { CoreDatabase } from '../../data/core-database.ts'
import {
  countDomains,
  deleteDomain,
  findDomain,
  findVerifiedTenantIdLocked,
  insertDomain,
  listDomains,
  markVerified,
  type TenantDomain,
} from '../../data/domains.data.ts'
import type { Database } from '../../data/postgres.ts'
import { findTenantForUpdate } from '../../data/tenants.data.ts'
import type { VerifiedOrigins } from '../../data/verified-origins.ts'
import type { DomainProof } from '../../external/domain-proof.ts'
import { forbidden, tenantNotFound } from '../../http/tenant-gate.ts'
import type { Clock } from '../../platform/clock.ts'
import type { TenantId } from '../../platform/ids.ts'
import { domainNotFound, domainTaken, domainUnproven, tooManyDomains } from './domains.errors.ts'
import { parseDomain, readOrigin } from './read-origin.ts'

/** What domains stand on. */
export interface DomainsParts {
  core: CoreDatabase
  verifiedOrigins: VerifiedOrigins
  domainProof: DomainProof
  /** The server's own origin, when `PUBLIC_URL` names it. */
  ownOrigin: string | undefined
  clock: Clock
}

/** Who changes a tenant's domains: a superuser's word is proof enough. */
export interface DomainManager {
  isSuperuser: boolean
  actor: AuditActor
}

const domainsPerTenantMax = 50
const proofBytes = 24

/** The name that a domain's TXT record has. */
export function nameProofOf(domain: TenantDomain): string {
  return `_tenantry.${new URL(domain.origin).hostname}`
}

/** A tenant's domains, oldest first. */
export function listDomainsOf(parts: DomainsParts, tenantId: TenantId): Promise<TenantDomain[]> {
  return listDomains(parts.core.db, tenantId)
}

/**
 * Adds an origin to a tenant in the given transaction: in effect once that is committed when a superuser adds it, else
 * pending until it is proven. Throws `request.invalid`, `domain.taken`, `domain.too_many`, or `auth.forbidden` for an
 * owner's origin that nothing could prove.
 */
export async function addDomain(
  parts: DomainsParts,
  database: Database,
  wanted: { tenantId: TenantId; origin: string },
  manager: DomainManager,
): Promise<TenantDomain> {
  const { tenantId } = wanted
  const { origin, domain, isProvable } = readOrigin(wanted.origin)
  if (origin === parts.ownOrigin) throw domainTaken({ detail: 'This is the origin of the server itself.' })
  if (!isProvable && !manager.isSuperuser) {
    throw forbidden({ detail: 'An address or this machine cannot be proven by DNS. Ask a superuser to add it.' })
  }
  // The lock keeps parallel additions from passing the limit together.
  if (!(await findTenantForUpdate(database, tenantId))) {
    throw tenantNotFound({ detail: 'There is no tenant with this id.' })
  }
  if ((await countDomains(database, tenantId)) >= domainsPerTenantMax) {
    throw tooManyDomains({ detail: `A tenant has ${domainsPerTenantMax} domains at most. Remove one first.` })
  }
  await ensureFree(database, tenantId, domain)
  const row = await insertDomain(database, {
    tenantId,
    domain,
    origin,
    proof: randomBytes(proofBytes).toString('base64url'),
    verifiedAt: manager.isSuperuser ? parts.clock.now() : null,
  })
  if (!row) throw domainTaken({ detail: 'The tenant has this domain already.' })
  await insertAudit(database, manager.actor, {
    action: 'domain.added',
    targetType: 'domain',
    targetId: domain,
    tenantId,
    after: { origin, status: statusOf(row) },
  })
  return row
}

/**
 * Puts a domain into effect: at a superuser's word, else when its TXT record is found. Repeating it changes nothing.
 * Throws `domain.not_found`, `domain.taken`, `domain.unproven`, `domain.lookup_failed`.
 */
export async function verifyDomain(
  parts: DomainsParts,
  named: { tenantId: TenantId; domain: string },
  manager: DomainManager,
): Promise<TenantDomain> {
  const domain = parseDomain(named.domain)
  const found = domain && (await findDomain(parts.core.db, named.tenantId, domain))
  if (!found) throw noDomain()
  if (found.verifiedAt) return found
  if (!manager.isSuperuser) await ensureProven(parts, found, manager.actor)
  const verified = await parts.core.write(async (database) => {
    await ensureFree(database, found.tenantId, found.domain)
    const row = await markVerified(database, { ...found, at: parts.clock.now() })
    if (!row) return findDomain(database, found.tenantId, found.domain)
    await insertAudit(database, manager.actor, {
      action: 'domain.verified',
      targetType: 'domain',
      targetId: row.domain,
      tenantId: row.tenantId,
      before: { status: 'pending' },
      after: { status: 'verified', by: manager.isSuperuser ? 'superuser' : 'dns' },
    })
    return row
  })
  // Removed while its record was looked up.
  if (!verified) throw noDomain()
  await parts.verifiedOrigins.refresh()
  return verified
}

/** Takes a domain from a tenant; its pages lose access within a second on every replica. */
export async function removeDomain(
  parts: DomainsParts,
  named: { tenantId: TenantId; domain: string },
  actor: AuditActor,
): Promise<void> {
  const domain = parseDomain(named.domain)
  await parts.core.write(async (database) => {
    const removed = domain && (await deleteDomain(database, named.tenantId, domain))
    if (!removed) throw noDomain()
    await insertAudit(database, actor, {
      action: 'domain.removed',
      targetType: 'domain',
      targetId: removed.domain,
      tenantId: removed.tenantId,
      before: { origin: removed.origin, status: statusOf(removed) },
    })
  })
  await parts.verifiedOrigins.refresh()
}

/** How far a domain is. */
export function statusOf(domain: TenantDomain): 'pending' | 'verified' {
  return domain.verifiedAt ? 'verified' : 'pending'
}

/** The text that a domain's TXT record holds. */
export function writeProof(domain: TenantDomain): string {
  return `tenantry-domain=${domain.proof}`
}

/** Throws `domain.unproven` unless the TXT record is there; a failed attempt is in the audit log. */
async function ensureProven(parts: DomainsParts, domain: TenantDomain, actor: AuditActor): Promise<void> {
  const name = nameProofOf(domain)
  const texts = await parts.domainProof.readTexts(name)
  if (texts.includes(writeProof(domain))) return
  await insertAudit(parts.core.db, actor, {
    action: 'domain.verified',
    targetType: 'domain',
    targetId: domain.domain,
    tenantId: domain.tenantId,
    outcome: 'failed',
  })
  throw domainUnproven({
    detail:
      texts.length === 0
        ? `There is no TXT record at ${name} yet. New records take minutes, at some providers hours, to be seen.`
        : `The TXT record at ${name} holds something else. Copy the value once more.`,
  })
}

async function ensureFree(database: Database, tenantId: TenantId, domain: string): Promise<void> {
  const holder = await findVerifiedTenantIdLocked(database, domain)
  if (holder && holder !== tenantId) {
    throw domainTaken({ detail: 'Another tenant has this domain. Remove it there first.' })
  }
}

function noDomain(): Error {
  return domainNotFound({ detail: 'The tenant has no such domain.' })
}
