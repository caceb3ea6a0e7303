import type { CoreDatabase } from '../data/core-database.ts'
import type { Directories } from '../data/directories.ts'
import { belongsToTenant } from '../data/membership.ts'
import type { TenantDatabases } from '../data/tenant-databases.ts'
import { findTenantUserByEmail } from '../data/tenant-users.data.ts'
import { findUserByEmail, type UserRow } from '../data/users.data.ts'
import type { TenantId } from '../platform/ids.ts'
import type { NewLink } from './links.ts'

/** Somebody, perhaps not the owner of the address, asked for a link. */
export interface AskedLink {
  purpose: 'verify' | 'reset'
  email: string
  /** The tenant that the request named; null for the platform. */
  tenantId: TenantId | null
}

/** What finding recipients stands on. */
export interface RecipientParts {
  core: CoreDatabase
  databases: TenantDatabases
  directories: Directories
}

/**
 * The link that somebody who asked should get; undefined when the address is nobody's who may use one. A platform user
 * who signs in to a tenant has its password on the platform, so its link is the platform's.
 */
export async function findRecipient(
  parts: RecipientParts,
  asked: AskedLink,
): Promise<(NewLink & { userId: NonNullable<NewLink['userId']> }) | undefined> {
  const platformUser = await findUserByEmail(parts.core.db, asked.email)
  if (asked.tenantId === null) return linkForPlatformUser(platformUser, asked)
  const tenant = await parts.directories.tenant(asked.tenantId)
  if (!tenant?.isActive || tenant.state !== 'active') return undefined
  const row = await parts.databases
    .scopeOf(tenant)
    .read((database) => findTenantUserByEmail(database, tenant.id, asked.email))
  if (row && !row.isActive) return undefined
  const isLinked = !row || row.coreUserId === platformUser?.id
  if (platformUser && isLinked && belongsToTenant(platformUser, tenant)) return linkForPlatformUser(platformUser, asked)
  if (!row?.passwordHash || (asked.purpose === 'verify' && row.isVerified)) return undefined
  return { purpose: asked.purpose, email: row.email, tenant, userId: row.id, passwordHash: row.passwordHash }
}

function linkForPlatformUser(user: UserRow | undefined, asked: AskedLink) {
  if (!user?.isActive || (asked.purpose === 'verify' && user.isVerified)) return undefined
  return { purpose: asked.purpose, email: user.email, tenant: null, userId: user.id, passwordHash: user.passwordHash }
}
