import { parseTenantId } from '../../platform/ids.ts'
import { describeTenant } from './tenant-view.ts'
import type { TenantView } from './tenants.schemas.ts'
import { settleNewTenant, type TenantsParts } from './tenants.usecases.ts'

/** What the API document says of answers to a creation. */
export const newTenantNote =
  '202 when its database takes over 5 s to make; in state failed, `failure` says why it could not be made.'

/**
 * The answer to a creation whose transaction is committed, once its store is made or takes too long: 201, or 202 while
 * it is still `provisioning`. Idempotent, as the same request may come again: by then the id may be another tenant's, or
 * the tenant another owner's, and then it gets the first answer as it was.
 */
export async function describeNewTenant(
  parts: TenantsParts,
  created: TenantView,
): Promise<{ status: 201 | 202; body: TenantView }> {
  const id = parseTenantId(created.id)
  const tenant = id && (await settleNewTenant(parts, id))
  if (tenant?.number !== created.number || tenant.ownerId !== created.owner_id) return { status: 201, body: created }
  return { status: tenant.state === 'provisioning' ? 202 : 201, body: describeTenant(tenant) }
}
