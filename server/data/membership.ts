import type { Directories } from './directories.ts'
import type { TenantUserRow } from './tenant-scope.ts'
import type { TenantRecord } from './tenants.data.ts'
import type { PlatformUser } from './users.data.ts'
import type { UserId } from '../platform/ids.ts'

/** Whether a platform user may act in a tenant: assigned to it, its owner, or a superuser. */
export function belongsToTenant(
  user: Pick<PlatformUser, 'id' | 'tenantId' | 'isSuperuser'>,
  tenant: Pick<TenantRecord, 'id' | 'ownerId'>,
): boolean {
  return user.tenantId === tenant.id || user.isSuperuser || tenant.ownerId === user.id
}

/**
 * The tenant's user of this id, as long as it may act: its row is active and, if it stands for a platform user, that
 * one is active and still belongs to the tenant.
 */
export async function findActiveMember(
  directories: Directories,
  tenant: TenantRecord,
  id: UserId,
): Promise<TenantUserRow | undefined> {
  const row = await directories.tenantUser(tenant, id)
  if (!row?.isActive) return undefined
  if (!row.coreUserId) return row
  const user = await directories.user(row.coreUserId)
  return user?.isActive && belongsToTenant(user, tenant) ? row : undefined
}
