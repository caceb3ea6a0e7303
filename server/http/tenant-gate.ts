import type { AuditActor } from '../data/audit.data.ts'
import type { Directories } from '../data/directories.ts'
import type { TenantDatabases } from '../data/tenant-databases.ts'
import type { TenantScope } from '../data/tenant-scope.ts'
import { ensureServiceUser, linkTenantUser } from '../data/tenant-users.data.ts'
import type { TenantRecord } from '../data/tenants.data.ts'
import type { VerifiedOrigins } from '../data/verified-origins.ts'
import type { Clock } from '../platform/clock.ts'
import { tenantMigrating } from '../data/unit-of-work.ts'
import { defineError } from '../platform/errors.ts'
import { parseTenantId, type TenantId, type UserId } from '../platform/ids.ts'
import type { DenialAudit } from './denial-audit.ts'
import type { ApiKeyPrincipal, CorePrincipal, Principal } from './identity.ts'
import { factsOf, noteTenant } from './request-facts.ts'

/** X-TENANT is no single tenant id. */
export const tenantMalformed = defineError({ code: 'tenant.malformed', status: 400, title: 'X-TENANT cannot be read' })
/** X-TENANT names another tenant than the token. */
export const tenantMismatch = defineError({
  code: 'tenant.mismatch',
  status: 403,
  title: 'X-TENANT differs from the token',
})
/** The route needs a tenant and neither token nor header names one. */
export const tenantRequired = defineError({ code: 'tenant.required', status: 400, title: 'No tenant is named' })
/** The tenant is switched off. */
export const tenantInactive = defineError({ code: 'tenant.inactive', status: 403, title: 'The tenant is inactive' })
/** No such tenant, or none that the caller may know of. */
export const tenantNotFound = defineError({ code: 'tenant.not_found', status: 404, title: 'There is no such tenant' })
/** Somebody else has this address there. */
export const emailTaken = defineError({ code: 'user.email_taken', status: 409, title: 'The address is taken' })
/** No such user, or none that the caller may know of. */
export const userNotFound = defineError({ code: 'user.not_found', status: 404, title: 'There is no such user' })
/** Whoever registered by itself must show that the address is its own before it gets into a tenant. */
export const userUnverified = defineError({
  code: 'user.unverified',
  status: 409,
  title: 'The address is not verified yet',
})
/** The caller may not do this. */
export const forbidden = defineError({ code: 'auth.forbidden', status: 403, title: 'You may not do this' })

/** What a tenant route works with. */
export interface TenantEntry {
  tenant: TenantRecord
  scope: TenantScope
  /** The caller's row in `tenant_users`: its own, or the one that stands for a platform user or an API key. */
  userId: UserId
}

/** Decides which tenant a request is for, and whether it may enter (design §2). */
export interface TenantGate {
  /** The tenant that a request without a token is for: the header's, else the one whose verified domain it comes from. */
  nameTenant(request: Request): TenantId | null
  /** The tenant that the request names, checked against the token: the header where it is allowed, else the claim. */
  resolve(request: Request, principal: Principal): Promise<TenantId | null>
  /** Enters the resolved tenant; makes the linked row of a platform user at its first entry. */
  enter(request: Request, principal: Principal): Promise<TenantEntry>
}

/** The tenant id in X-TENANT; null without the header. Lists, duplicates and bad characters are 400 `tenant.malformed`. */
export function readTenantHeader(request: Request): TenantId | null {
  const header = request.headers.get('x-tenant')
  if (header === null) return null
  const id = parseTenantId(header)
  if (!id) {
    throw tenantMalformed({
      detail: 'X-TENANT must be exactly one tenant id: lower-case letters, digits, "_" and "-", at most 63.',
    })
  }
  return id
}

/** The actor of audit rows about this request. An end user's address is not the platform's to keep. */
export function auditActorOf(request: Request, principal: Principal | undefined): AuditActor {
  const facts = factsOf(request)
  return {
    actorId: principal?.userId ?? null,
    actorEmail: principal?.scope === 'core' ? principal.email : null,
    requestId: facts.requestId,
    address: facts.address,
  }
}

/** A switch takes a second or two (decision 0015). */
const fenceWaitedMsMax = 5_000
const fenceLookedAfterMs = 20
const entryAuditedForMs = 3_600_000
const entriesAuditedMax = 10_000

/** The gate over the directories; entering by header is audited, mismatches once per principal and minute. */
export function createTenantGate(options: {
  directories: Directories
  databases: TenantDatabases
  verifiedOrigins: VerifiedOrigins
  denials: DenialAudit
  clock: Clock
}): TenantGate {
  const { directories, databases, denials } = options
  const entriesAudited = new Map<string, number>()

  function nameTenant(request: Request): TenantId | null {
    const named = readTenantHeader(request)
    if (named !== null) return named
    const origin = request.headers.get('origin')
    return (origin === null ? undefined : options.verifiedOrigins.tenantOf(origin)) ?? null
  }

  async function resolve(request: Request, principal: Principal): Promise<TenantId | null> {
    const named = readTenantHeader(request)
    if (named === null || named === principal.tenantId) return principal.tenantId
    if (principal.scope === 'core' && (await mayEnterByHeader(principal, named))) {
      await auditEntry(request, principal, named)
      return named
    }
    await denials.recordOncePerMinute(auditActorOf(request, principal), {
      action: 'tenant.mismatch',
      targetType: 'tenant',
      targetId: named,
      tenantId: principal.tenantId,
    })
    throw tenantMismatch({ detail: 'X-TENANT names another tenant than your token. Leave it out, or sign in there.' })
  }

  async function mayEnterByHeader(principal: CorePrincipal, named: TenantId): Promise<boolean> {
    if (principal.isSuperuser) return true
    const tenant = await directories.tenant(named)
    return tenant !== undefined && mayManage(principal, tenant)
  }

  async function auditEntry(request: Request, principal: CorePrincipal, named: TenantId): Promise<void> {
    const key = `${principal.sessionId} ${named}`
    const now = options.clock.monotonicMs()
    if (now - (entriesAudited.get(key) ?? -Infinity) < entryAuditedForMs) return
    if (entriesAudited.size >= entriesAuditedMax) entriesAudited.clear()
    entriesAudited.set(key, now)
    await denials.record(auditActorOf(request, principal), {
      action: 'tenant.entered',
      targetType: 'tenant',
      targetId: named,
      tenantId: named,
      outcome: 'done',
    })
  }

  async function enter(request: Request, principal: Principal): Promise<TenantEntry> {
    const tenantId = await resolve(request, principal)
    if (!tenantId) {
      throw tenantRequired({ detail: 'This route needs a tenant: send X-TENANT, or a token that belongs to one.' })
    }
    const tenant = await findOpenTenant(tenantId, request)
    if (!tenant) throw tenantNotFound({ detail: 'There is no tenant with this id.' })
    noteTenant(request, tenant.id)
    ensureTenantServes(tenant, { isManager: principal.scope === 'core' && mayManage(principal, tenant) })
    const scope = databases.scopeOf(tenant)
    if (principal.scope === 'core') await ensureLinkedRow(tenant, scope, principal)
    else if (principal.scope === 'api_key') await ensureServiceRow(tenant, scope, principal)
    return { tenant, scope, userId: principal.userId }
  }

  /** A request that may write waits while its tenant is switched to another store; whoever only reads does not. */
  async function findOpenTenant(id: TenantId, request: Request): Promise<TenantRecord | undefined> {
    const giveUpAtMs = options.clock.monotonicMs() + fenceWaitedMsMax
    for (;;) {
      const tenant = await directories.tenant(id)
      if (!tenant?.fencedAt || request.method === 'GET' || request.method === 'HEAD') return tenant
      if (options.clock.monotonicMs() > giveUpAtMs) {
        throw tenantMigrating({ detail: 'Try again in a moment.', headers: { 'retry-after': '2' } })
      }
      await Bun.sleep(fenceLookedAfterMs)
    }
  }

  async function ensureLinkedRow(tenant: TenantRecord, scope: TenantScope, principal: CorePrincipal): Promise<void> {
    const row = await directories.tenantUser(tenant, principal.userId)
    if (row) {
      if (!row.isActive) throw forbidden({ detail: 'Your access to this tenant was switched off.' })
      return
    }
    const linked = await scope.write((database) =>
      linkTenantUser(database, tenant.id, {
        id: principal.userId,
        email: principal.email,
        fullName: principal.fullName,
        isVerified: principal.isVerified,
      }),
    )
    if (!linked) throw emailTaken({ detail: 'A user of this tenant already has your address, so you cannot enter it.' })
    directories.forget({ kind: 'tenant_user', ids: [tenant.id, principal.userId] })
  }

  /** The conversations of a key need somebody whose they are. */
  async function ensureServiceRow(tenant: TenantRecord, scope: TenantScope, key: ApiKeyPrincipal): Promise<void> {
    if (await directories.tenantUser(tenant, key.userId)) return
    await scope.write((database) => ensureServiceUser(database, tenant.id, { id: key.userId, name: key.name }))
    directories.forget({ kind: 'tenant_user', ids: [tenant.id, key.userId] })
  }

  return { nameTenant, resolve, enter }
}

/** Throws unless the user has shown that its address is its own, or somebody vouched for it. */
export function ensureVouchedFor(user: { isVerified: boolean }): void {
  if (user.isVerified) return
  throw userUnverified({ detail: 'This user registered by itself and has not verified the address yet.' })
}

/** Throws unless the tenant may serve requests now. Whoever manages it is told why its database is missing. */
export function ensureTenantServes(tenant: TenantRecord, reader = { isManager: false }): void {
  if (!tenant.isActive)
    throw tenantInactive({ detail: 'This tenant is switched off. Its manager can switch it on again.' })
  // A tenant that is being moved is served where it is; only its fence makes writes wait.
  if (tenant.state === 'active' || tenant.state === 'moving') return
  if (tenant.state === 'provisioning') {
    throw tenantMigrating({ detail: 'Try again in a moment.', headers: { 'retry-after': '5' } })
  }
  const isTold = tenant.state === 'failed' && reader.isManager
  throw tenantInactive({
    detail: isTold
      ? `Its database could not be made or migrated: ${tenant.failure ?? 'the log of the server tells why'} Try again on the tenant's page.`
      : 'This tenant is not available.',
  })
}

function mayManage(principal: CorePrincipal, tenant: TenantRecord): boolean {
  return principal.isSuperuser || (principal.isOwner && tenant.ownerId === principal.userId)
}
