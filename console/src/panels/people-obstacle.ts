import type { User } from '../api/client.ts'

/** Why somebody cannot be assigned to a tenant; undefined when nothing is in the way. */
export function describeObstacle(options: { user: User; tenantId: string }): string | undefined {
  const { user, tenantId } = options
  if (user.tenant_id === tenantId) return 'Assigned here already'
  return user.is_verified ? undefined : 'Address not verified yet: mark it as verified under Users first'
}
