import { type AuditActor, insertAudit } from '../../data/audit.data.ts'
import { deleteEmailTokensOfUser, useEmailToken } from '../../data/email-tokens.data.ts'
import { listDomains } from '../../data/domains.data.ts'
import type { Database } from '../../data/postgres.ts'
import { revokeSignInSessionsOf, withSessionsOf } from '../../data/sign-in-sessions.data.ts'
import { findTenantUserWithHash, updateTenantUser, updateTenantUserIfPassword } from '../../data/tenant-users.data.ts'
import type { TenantRecord } from '../../data/tenants.data.ts'
import { findPasswordHash, updateUser, updateUserIfPassword } from '../../data/users.data.ts'
import { ensureTenantServes } from '../../http/tenant-gate.ts'
import { isMarkOf, type OpenLink, openLink, refuseLink } from '../../mail/links.ts'
import type { TenantId, UserId } from '../../platform/ids.ts'
import type { LinkView } from './registration.schemas.ts'
import type { RegistrationParts } from './registration.usecases.ts'

/** A link as it was shown. */
export interface ShownLink {
  token: string
  /** The tenant that the request names; the link must be that one's. */
  tenantId: TenantId | null
  actor: AuditActor
}

/** A link for somebody who has an account. */
type UserLink = OpenLink & { userId: UserId }

/** Marks the address of a link as its user's own. Each link works once. `auth.link_invalid` 401. */
export async function verifyAddress(parts: RegistrationParts, shown: ShownLink): Promise<LinkView> {
  const link = ensureHasUser(await openLink(parts, { purpose: 'verify', ...shown }))
  const { userId } = link
  const tenant = await findTenantOf(parts, link)
  if (!tenant) {
    await parts.core.write(async (database) => {
      const user = await updateUser(database, userId, { isVerified: true })
      if (user?.email !== link.email) throw refuseLink()
      await useUp(parts, database, { link, purpose: 'verify' })
      await auditUse(database, { link, actor: shown.actor, action: 'user.verified' })
    })
    parts.directories.forget({ kind: 'user', ids: [userId] })
    return describeLink(parts, link, tenant)
  }
  await parts.databases.scopeOf(tenant).write(async (database) => {
    if (!(await updateTenantUser(database, tenant.id, userId, { isVerified: true }))) throw refuseLink()
    await withSessionsOf({ tenant, database, core: parts.core }, async (core) => {
      await useUp(parts, core, { link, purpose: 'verify' })
      await auditUse(core, { link, actor: shown.actor, action: 'tenant_user.verified' })
    })
  })
  parts.directories.forget({ kind: 'tenant_user', ids: [tenant.id, userId] })
  return describeLink(parts, link, tenant)
}

/**
 * Sets a new password by a mailed link and ends all sessions. Whoever got the mail has shown that the address is
 * theirs. The link is void once the password was changed in any other way. `auth.link_invalid` 401.
 */
export async function resetPassword(
  parts: RegistrationParts,
  shown: ShownLink & { password: string },
): Promise<LinkView> {
  const link = ensureHasUser(await openLink(parts, { purpose: 'reset', ...shown }))
  const tenant = await findTenantOf(parts, link)
  const passwordHash = await parts.passwords.hash(shown.password)
  const change = { link, passwordHash, actor: shown.actor }
  if (tenant) await resetTenantUser(parts, tenant, change)
  else await resetPlatformUser(parts, change)
  return describeLink(parts, link, tenant)
}

interface PasswordChange {
  link: UserLink
  passwordHash: string
  actor: AuditActor
}

async function resetPlatformUser(parts: RegistrationParts, change: PasswordChange): Promise<void> {
  const { link, passwordHash, actor } = change
  const { userId } = link
  await parts.core.write(async (database) => {
    const verifiedHash = await findPasswordHash(database, userId)
    ensureReplaces(parts, link, verifiedHash)
    // The row's lock holds off sign-ins until their sessions have ended, and a second use of the link.
    const user = await updateUserIfPassword(database, { id: userId, verifiedHash }, { passwordHash, isVerified: true })
    if (!user?.isActive) throw refuseLink()
    await useUp(parts, database, { link, purpose: 'reset' })
    await revokeSignInSessionsOf(database, { userId, reason: 'password reset' })
    await auditUse(database, { link, actor, action: 'user.password_reset' })
  })
  parts.directories.forget({ kind: 'user', ids: [userId] })
}

async function resetTenantUser(parts: RegistrationParts, tenant: TenantRecord, change: PasswordChange): Promise<void> {
  const { link, passwordHash, actor } = change
  const { userId } = link
  await parts.databases.scopeOf(tenant).write(async (database) => {
    const row = await findTenantUserWithHash(database, tenant.id, userId)
    const verifiedHash = row?.passwordHash ?? undefined
    ensureReplaces(parts, link, verifiedHash)
    const user = { tenantId: tenant.id, id: userId, verifiedHash }
    const written = await updateTenantUserIfPassword(database, user, { passwordHash, isVerified: true })
    if (!row?.isActive || !written) throw refuseLink()
    await withSessionsOf({ tenant, database, core: parts.core }, async (core) => {
      await useUp(parts, core, { link, purpose: 'reset' })
      await revokeSignInSessionsOf(core, { userId, tenantId: tenant.id, reason: 'password reset' })
      await auditUse(core, { link, actor, action: 'tenant_user.password_reset' })
    })
  })
  parts.directories.forget({ kind: 'tenant_user', ids: [tenant.id, userId] })
}

/** The tenant of a link, which must serve; undefined for the platform's. */
export async function findTenantOf(
  parts: RegistrationParts,
  link: Pick<OpenLink, 'tenantId'>,
): Promise<TenantRecord | undefined> {
  if (link.tenantId === null) return undefined
  const tenant = await parts.directories.tenant(link.tenantId)
  if (!tenant) throw refuseLink()
  ensureTenantServes(tenant)
  return tenant
}

/** Whose address a link was for, as sent. */
export async function describeLink(
  parts: Pick<RegistrationParts, 'core'>,
  link: OpenLink,
  tenant: TenantRecord | undefined,
): Promise<LinkView> {
  const domains = tenant ? await listDomains(parts.core.db, tenant.id) : []
  return {
    email: link.email,
    scope: link.scope,
    tenant_id: tenant?.id ?? null,
    tenant_name: tenant?.name ?? null,
    tenant_origins: domains.filter(({ verifiedAt }) => verifiedAt !== null).map(({ origin }) => origin),
  }
}

function ensureHasUser(link: OpenLink): UserLink {
  const { userId } = link
  if (userId === null) throw refuseLink()
  return { ...link, userId }
}

/** Throws unless the password is still the one that the link was made to replace. */
function ensureReplaces(
  parts: RegistrationParts,
  link: OpenLink,
  passwordHash: string | undefined,
): asserts passwordHash is string {
  if (passwordHash === undefined || !isMarkOf(parts.core, link.passwordMark, passwordHash)) throw refuseLink()
}

/** Exactly one use of a link gets through; the user's other links for the same go with it. */
async function useUp(
  parts: RegistrationParts,
  database: Database,
  used: { link: UserLink; purpose: 'verify' | 'reset' },
): Promise<void> {
  if (!(await useEmailToken(database, used.link.id, parts.clock.now()))) throw refuseLink()
  await deleteEmailTokensOfUser(database, { userId: used.link.userId, purpose: used.purpose })
}

function auditUse(database: Database, use: { link: UserLink; actor: AuditActor; action: string }): Promise<void> {
  const { link, actor, action } = use
  return insertAudit(
    database,
    { ...actor, actorId: link.userId, actorEmail: link.scope === 'core' ? link.email : null },
    { action, targetType: action.split('.', 1)[0] ?? action, targetId: link.userId, tenantId: link.tenantId },
  )
}
