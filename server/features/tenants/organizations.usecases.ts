import { randomInt } from 'node:crypto'
import { type AuditActor, insertAudit } from '../../data/audit.data.ts'
import type { Database } from '../../data/postgres.ts'
import { countTenantsOf, findTenantForUpdate, type TenantRecord, updateTenant } from '../../data/tenants.data.ts'
import { findUserForUpdate } from '../../data/users.data.ts'
import type { CorePrincipal } from '../../http/identity.ts'
import { forbidden, tenantNotFound } from '../../http/tenant-gate.ts'
import { defineError } from '../../platform/errors.ts'
import { createTenant, reservedIds, tenantIdTaken, type TenantsParts } from './tenants.usecases.ts'

/** Only whoever has shown that its address is its own may make organizations. */
export const userNotVerified = defineError({
  code: 'user.not_verified',
  status: 403,
  title: 'Your address is not verified',
})
/** `ORGANIZATIONS_PER_OWNER` of them are there. */
export const organizationsLimit = defineError({
  code: 'organization.limit_reached',
  status: 409,
  title: 'You have as many organizations as you may have',
})

/** What organizations stand on. */
export interface OrganizationsParts extends TenantsParts {
  config: { organizationsPerOwner: number }
}

/** An organization to be made; without an id it gets one made of its name. */
export interface NewOrganization {
  name: string
  id?: string
  owner: CorePrincipal
  actor: AuditActor
}

const slugCharactersMax = 50
const suffixCharacters = '23456789abcdefghjkmnpqrstuvwxyz'
const suffixTriesMax = 5

/**
 * Makes an organization in the given transaction: a tenant that its owner made by itself, to have a database of its own
 * (`settleNewTenant`, after the commit). The owner's row is locked, so that two at once cannot each be the last one
 * allowed. `user.not_verified` 403, `organization.limit_reached` 409, `tenant.id_taken` 409, `tenant.dedicated_unavailable` 409.
 */
export async function createOrganization(
  parts: OrganizationsParts,
  database: Database,
  wanted: NewOrganization,
): Promise<TenantRecord> {
  const owner = await findUserForUpdate(database, wanted.owner.userId)
  if (!owner?.isVerified) {
    throw userNotVerified({
      detail: 'Open the link in the mail that you got when you registered, or ask for it again.',
    })
  }
  const max = parts.config.organizationsPerOwner
  if ((await countTenantsOf(database, owner.id)) >= max) {
    throw organizationsLimit({
      detail: `One owner may have ${max} here. Ask the people who run this service for more.`,
    })
  }
  const { id } = await (wanted.id === undefined
    ? createByName(parts, database, wanted)
    : createWithId(parts, database, { ...wanted, id: wanted.id }))
  const tenant = await updateTenant(database, id, { isSelfMade: true })
  if (!tenant) throw notFound()
  return tenant
}

function createWithId(
  parts: OrganizationsParts,
  database: Database,
  wanted: NewOrganization & { id: string },
): Promise<TenantRecord> {
  const { id, name, owner, actor } = wanted
  const body = { id, name, owner_id: owner.userId, isolation: 'dedicated' } as const
  return createTenant(parts, database, body, actor)
}

/** A few random characters follow the slug when others have it: they tell nobody how many. */
async function createByName(
  parts: OrganizationsParts,
  database: Database,
  wanted: NewOrganization,
): Promise<TenantRecord> {
  const slug = slugOf(wanted.name)
  for (let tries = 0; ; tries++) {
    const id = tries === 0 && !reservedIds.has(slug) ? slug : `${slug}-${makeSuffix()}`
    try {
      // A taken id changes nothing, so the transaction may go on with another.
      return await createWithId(parts, database, { ...wanted, id })
    } catch (error) {
      if (!tenantIdTaken.is(error) || tries === suffixTriesMax) throw error
    }
  }
}

/** A name as an id: its letters and digits in ASCII, the rest as hyphens. */
export function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, slugCharactersMax)
    .replaceAll(/^-+|-+$/g, '')
  return slug || 'organization'
}

function makeSuffix(): string {
  return Array.from({ length: 5 }, () => suffixCharacters[randomInt(suffixCharacters.length)]).join('')
}

/**
 * Switches an own organization on or off. What a superuser switched off an owner cannot switch on: `auth.forbidden` 403,
 * and switching it off again leaves it the superuser's.
 */
export async function setOrganizationActive(
  parts: OrganizationsParts,
  wanted: { tenant: TenantRecord; isActive: boolean; owner: CorePrincipal; actor: AuditActor },
): Promise<TenantRecord> {
  const { isActive, owner, actor } = wanted
  const { id } = wanted.tenant
  const tenant = await parts.core.write(async (database) => {
    const before = await findTenantForUpdate(database, id)
    if (!before || before.state === 'deleting' || before.ownerId !== owner.userId) throw notFound()
    if (before.isActive === isActive) return before
    if (isActive && before.deactivatedBy !== 'owner') {
      throw forbidden({ detail: 'The people who run this service switched this organization off. Ask them.' })
    }
    const deactivatedBy = isActive ? null : 'owner'
    const after = await updateTenant(database, id, { isActive, deactivatedBy })
    if (!after) throw notFound()
    await insertAudit(database, actor, {
      action: 'tenant.updated',
      targetType: 'tenant',
      targetId: id,
      tenantId: id,
      before: { is_active: before.isActive, deactivated_by: before.deactivatedBy },
      after: { is_active: isActive, deactivated_by: deactivatedBy },
    })
    return after
  })
  parts.directories.forget({ kind: 'tenant', ids: [id] })
  return tenant
}

function notFound(): Error {
  return tenantNotFound({ detail: 'There is no tenant with this id.' })
}
