import { type AuditActor, insertAudit } from '../../data/audit.data.ts'
import { deleteInvites, useEmailToken } from '../../data/email-tokens.data.ts'
import type { Database } from '../../data/postgres.ts'
import { findTenantUserByEmail } from '../../data/tenant-users.data.ts'
import type { TenantRecord } from '../../data/tenants.data.ts'
import type { UserView } from '../../http/schemas.ts'
import { emailTaken } from '../../http/tenant-gate.ts'
import { digestsOfAddress, type IssuedLink, type OpenLink, openLink, refuseLink } from '../../mail/links.ts'
import { findTenantOf, type ShownLink } from './links.usecases.ts'
import { type RegistrationParts, storeTenantUser } from './registration.usecases.ts'

/** An invite that was shown and still works, with the tenant it is to. */
export interface OpenInvite {
  link: OpenLink
  tenant: TenantRecord
}

/** Whether the tenant has a user of this address. */
export async function isInTenant(parts: RegistrationParts, tenant: TenantRecord, email: string): Promise<boolean> {
  const scope = parts.databases.scopeOf(tenant)
  return (await scope.read((database) => findTenantUserByEmail(database, tenant.id, email))) !== undefined
}

/**
 * Makes an invite and its mail in the given core transaction; an older one of the same address stops working.
 * `user.email_taken` 409.
 * @param invite `isInTenant`: looked up before, as a transaction that waits for a second connection may wait for ever
 */
export async function inviteUser(
  parts: RegistrationParts,
  database: Database,
  invite: { tenant: TenantRecord; email: string; isInTenant: boolean; actor: AuditActor },
): Promise<IssuedLink> {
  const { tenant, email, actor } = invite
  if (invite.isInTenant) throw emailTaken({ detail: 'A user of this tenant has this address already.' })
  const issued = await parts.outbox.issue(database, { purpose: 'invite', email, tenant, userId: null })
  await insertAudit(database, actor, {
    action: 'tenant.user_invited',
    targetType: 'tenant',
    targetId: tenant.id,
    tenantId: tenant.id,
    after: { invite_id: issued.id, expires_at: issued.expiresAt.toISOString() },
  })
  return issued
}

/** The invite of a token, before it is accepted. `auth.link_invalid` 401. */
export async function openInvite(
  parts: RegistrationParts,
  shown: Pick<ShownLink, 'token' | 'tenantId'>,
): Promise<OpenInvite> {
  const link = await openLink(parts, { purpose: 'invite', ...shown })
  const tenant = await findTenantOf(parts, link)
  if (!tenant) throw refuseLink()
  return { link, tenant }
}

/**
 * Makes the invited tenant user, whatever the tenant's registration. A manager vouched for the address, so it counts as
 * verified. Each invite works once. `auth.link_invalid` 401, `user.email_taken` 409.
 */
export async function acceptInvite(
  parts: RegistrationParts,
  shown: ShownLink & { password: string; fullName: string | null },
): Promise<UserView> {
  const { link, tenant } = await openInvite(parts, shown)
  const passwordHash = await parts.passwords.hash(shown.password)
  const wanted = { email: link.email, fullName: shown.fullName, passwordHash, isVerified: true, actor: shown.actor }
  return storeTenantUser(parts, tenant, wanted, () => ({
    action: 'tenant_user.joined',
    inCore: async (database) => {
      if (!(await useEmailToken(database, link.id, parts.clock.now()))) throw refuseLink()
      const addressDigests = digestsOfAddress(parts.core, link.email)
      await deleteInvites(database, { tenantId: tenant.id, addressDigests })
    },
  }))
}
