import type { TenantUserRow } from '../data/tenant-scope.ts'
import type { PlatformUser } from '../data/users.data.ts'
import type { TenantId } from '../platform/ids.ts'
import type { UserView } from './schemas.ts'

/** A platform user as sent. */
export function describeUser(user: PlatformUser): UserView {
  return {
    id: user.id,
    email: user.email,
    full_name: user.fullName,
    scope: 'core',
    tenant_id: user.tenantId,
    is_active: user.isActive,
    is_verified: user.isVerified,
    is_owner: user.isOwner,
    is_superuser: user.isSuperuser,
    created_at: user.createdAt.toISOString(),
  }
}

/** A tenant's user as sent. */
export function describeTenantUser(user: TenantUserRow, tenantId: TenantId): UserView {
  return {
    id: user.id,
    email: user.email,
    full_name: user.fullName,
    scope: 'tenant',
    tenant_id: tenantId,
    is_active: user.isActive,
    is_verified: user.isVerified,
    is_owner: false,
    is_superuser: false,
    created_at: user.createdAt.toISOString(),
  }
}
