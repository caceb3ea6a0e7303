import { type AuditActor, insertAudit } from '../../data/audit.data.ts'
import { withSessionsOf } from '../../data/sign-in-sessions.data.ts'
import { insertTenantUser } from '../../data/tenant-users.data.ts'
import type { TenantRecord } from '../../data/tenants.data.ts'
import { insertUser } from '../../data/users.data.ts'
import type { UserView } from '../../http/schemas.ts'
import { emailTaken, ensureTenantServes, tenantNotFound } from '../../http/tenant-gate.ts'
import { describeTenantUser, describeUser } from '../../http/user-view.ts'
import type { LinkParts } from '../../mail/links.ts'
import type { Outbox } from '../../mail/outbox.ts'
import type { RecipientParts } from '../../mail/recipients.ts'
import { newUserId, type TenantId, type UserId } from '../../platform/ids.ts'
import type { Passwords } from '../../platform/passwords.ts'
import { registrationClosed } from './registration.errors.ts'

/** What registration and one-time links stand on. */
export interface RegistrationParts extends LinkParts, RecipientParts {
  passwords: Passwords
  outbox: Outbox
  config: { registration: 'open' | 'closed' }
}

/** Somebody who wants an account. */
export interface Registration {
  email: string
  password: string
  fullName: string | null
  /** The tenant to be a user of; null for the platform, to own organizations there. */
  tenantId: TenantId | null
  actor: AuditActor
}

/**
 * Makes an account that may sign in at once and is asked by mail to verify its address. `registration.closed` 403,
 * `tenant.not_found` 404, `tenant.inactive` 403, `user.email_taken` 409: of two at once with one address the unique
 * index lets one through.
 */
export async function register(parts: RegistrationParts, wanted: Registration): Promise<UserView> {
  const user =
    wanted.tenantId === null
      ? await registerOwner(parts, wanted)
      : await registerTenantUser(parts, wanted, wanted.tenantId)
  parts.outbox.sendSoon()
  return user
}

async function registerOwner(parts: RegistrationParts, wanted: Registration): Promise<UserView> {
  if (parts.config.registration === 'closed') {
    throw registrationClosed({ detail: 'Ask the people who run this service for an account.' })
  }
  const passwordHash = await parts.passwords.hash(wanted.password)
  const { email, fullName } = wanted
  const user = await parts.core.write(async (database) => {
    const made = await insertUser(database, { id: newUserId(), email, fullName, passwordHash, isOwner: true })
    if (!made) throw refuseTaken()
    await parts.outbox.issue(database, { purpose: 'verify', email: made.email, tenant: null, userId: made.id })
    const actor = { ...wanted.actor, actorId: made.id, actorEmail: made.email }
    await insertAudit(database, actor, {
      action: 'user.registered',
      targetType: 'user',
      targetId: made.id,
      after: { email: made.email, full_name: made.fullName, is_owner: true },
    })
    return made
  })
  return describeUser(user)
}

async function registerTenantUser(
  parts: RegistrationParts,
  wanted: Registration,
  tenantId: TenantId,
): Promise<UserView> {
  const tenant = await parts.directories.tenant(tenantId)
  if (!tenant) throw tenantNotFound({ detail: 'There is no tenant with this id.' })
  ensureTenantServes(tenant)
  if (tenant.registration !== 'open') {
    throw registrationClosed({ detail: 'Only invited people get an account here. Ask for an invite.' })
  }
  const { fullName, actor } = wanted
  // As the account has it: the mail must not go to a spelling that is somebody else's mailbox.
  const email = wanted.email.toLowerCase()
  const passwordHash = await parts.passwords.hash(wanted.password)
  return storeTenantUser(parts, tenant, { email, fullName, passwordHash, isVerified: false, actor }, (user) => ({
    action: 'tenant_user.registered',
    inCore: async (database) => {
      await parts.outbox.issue(database, { purpose: 'verify', email, tenant, userId: user })
    },
  }))
}

/** What goes with a new tenant user into core, in the same transaction or right before the store's (dedicated). */
interface Companion {
  action: string
  inCore: (database: Parameters<typeof insertAudit>[0]) => Promise<void>
}

/**
 * Adds a tenant's own user that made itself, with what belongs to it in core. In a pooled store it is one transaction;
 * of a dedicated one core's half is committed first, so that a failure in between leaves a link that opens nothing.
 */
export async function storeTenantUser(
  parts: RegistrationParts,
  tenant: TenantRecord,
  wanted: { email: string; fullName: string | null; passwordHash: string; isVerified: boolean; actor: AuditActor },
  describe: (id: UserId) => Companion,
): Promise<UserView> {
  const id = newUserId()
  const { actor, ...columns } = wanted
  const { action, inCore } = describe(id)
  const scope = parts.databases.scopeOf(tenant)
  await scope.write(async (database) => {
    if (!(await insertTenantUser(database, { tenantId: tenant.id, id, ...columns }))) throw refuseTaken()
    await withSessionsOf({ tenant, database, core: parts.core }, async (core) => {
      await inCore(core)
      // No address or name: an end user's is not the platform's to keep.
      await insertAudit(
        core,
        { ...actor, actorId: id, actorEmail: null },
        { action, targetType: 'tenant_user', targetId: id, tenantId: tenant.id },
      )
    })
  })
  const row = await scope.findUser(id)
  if (!row) throw new Error('a user that was just made is missing')
  return describeTenantUser(row, tenant.id)
}

function refuseTaken(): Error {
  return emailTaken({ detail: 'An account with this address exists already. Sign in, or set a new password.' })
}
