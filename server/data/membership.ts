import type { Directories } from './directories.ts'
import type { SignInSession } from './sign-in-sessions.data.ts'
import type { TenantUserRow } from './tenant-scope.ts'
import type { TenantRecord } from './tenants.data.ts'
import type { PlatformUser } from './users.data.ts'

/** Whether a platform user may act in a tenant: assigned to it, its owner (while it is an owner at all), or a superuser. */
export function belongsToTenant(
  user: Pick<PlatformUser, 'id' | 'tenantId' | 'isOwner' | 'isSuperuser'>,
  tenant: Pick<TenantRecord, 'id' | 'ownerId'>,
): boolean {
  return user.tenantId === tenant.id || user.isSuperuser || (user.isOwner && tenant.ownerId === user.id)
}

/**
 * The tenant's user of a session, as long as it may act: its row is active, its password is still of the session's
 * epoch and, if it stands for a platform user, that one is active and still belongs to the tenant.
 */
export async function findActiveMember(
  directories: Directories,
  tenant: TenantRecord,
  session: Pick<SignInSession, 'userId' | 'passwordEpoch'>,
): Promise<TenantUserRow | undefined> {
  const row = await directories.tenantUser(tenant, session.userId)
  if (!row?.isActive || row.passwordEpoch > session.passwordEpoch) return undefined
  if (!row.coreUserId) return row
  const user = await directories.user(row.coreUserId)
  return user?.isActive && belongsToTenant(user, tenant) ? row : undefined
}
