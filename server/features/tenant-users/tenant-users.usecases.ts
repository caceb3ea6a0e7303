import { type AuditActor, insertAudit } from '../../data/audit.data.ts'
import type { CoreDatabase } from '../../data/core-database.ts'
import type { Directories } from '../../data/directories.ts'
import { revokeSignInSessionsOf, withSessionsOf } from '../../data/sign-in-sessions.data.ts'
import { auditStoreWrite } from '../../data/store-audit.ts'
import type { TenantDatabases } from '../../data/tenant-databases.ts'
import type { TenantUserRow } from '../../data/tenant-scope.ts'
import {
  countTenantUsers,
  deleteTenantUser,
  insertTenantUser,
  listTenantUsers,
  type ListedTenantUser,
  type TenantUserFilters,
  updateTenantUser,
} from '../../data/tenant-users.data.ts'
import type { Page, PageQuery } from '../../data/page.ts'
import type { Database } from '../../data/postgres.ts'
import type { TenantRecord } from '../../data/tenants.data.ts'
import { findUserForUpdate, listVisitors, type PlatformUser, updateUser } from '../../data/users.data.ts'
import { belongsToTenant } from '../../data/membership.ts'
import { requestInvalid } from '../../http/problem-details.ts'
import { emailTaken, userNotFound } from '../../http/tenant-gate.ts'
import { newUserId, type UserId } from '../../platform/ids.ts'
import type { Passwords } from '../../platform/passwords.ts'

/** What managing a tenant's users stands on. */
export interface TenantUsersParts {
  core: CoreDatabase
  databases: TenantDatabases
  directories: Directories
  passwords: Passwords
}

/** As what a platform user enters a tenant; whoever left it, or was deleted, enters no more. */
export type LinkedAs = 'assigned' | 'owner' | 'superuser' | 'left' | 'deleted'

/** A user of a tenant as managers see it. */
export interface ManagedTenantUser extends ListedTenantUser {
  /** Whether it may sign in to the tenant now. */
  hasAccess: boolean
  /** Null for the tenant's own users. */
  linkedAs: LinkedAs | null
}

/**
 * Lists both kinds of users: the tenant's own, and the rows that stand for platform users. Superusers who only came to
 * try it are no users of it: they are listed among the platform users alone. `total` counts those on all pages, if
 * asked for.
 */
export async function listUsersOfTenant(
  parts: TenantUsersParts,
  tenant: TenantRecord,
  query: TenantUserFilters & PageQuery & { withTotal: boolean },
): Promise<Page<ManagedTenantUser> & { total?: number }> {
  const filters = { ...query, visitors: await listVisitors(parts.core.db, tenant) }
  const { page, total } = await parts.databases.scopeOf(tenant).read(async (database) => ({
    page: await listTenantUsers(database, tenant.id, filters),
    total: query.withTotal ? await countTenantUsers(database, tenant.id, filters) : undefined,
  }))
  const items = await Promise.all(
    page.items.map(async (row) => {
      const { coreUserId } = row
      if (!coreUserId) return { ...row, hasAccess: row.isActive, linkedAs: null }
      const user = await parts.directories.user(coreUserId)
      const isMember = user !== undefined && user.isActive && belongsToTenant(user, tenant)
      return { ...row, hasAccess: row.isActive && isMember, linkedAs: describeLink(user, tenant) }
    }),
  )
  return { items, nextCursor: page.nextCursor, total }
}

/** Being assigned goes first, as it can be ended in the tenant. */
function describeLink(user: PlatformUser | undefined, tenant: TenantRecord): LinkedAs {
  if (!user) return 'deleted'
  if (user.tenantId === tenant.id) return 'assigned'
  if (user.isOwner && tenant.ownerId === user.id) return 'owner'
  return user.isSuperuser ? 'superuser' : 'left'
}

/** Makes a tenant's own user; made by a manager, it counts as verified. 409 `user.email_taken`. */
export async function createTenantUser(
  parts: TenantUsersParts,
  tenant: TenantRecord,
  wanted: { email: string; password: string; fullName: string | null },
  actor: AuditActor,
): Promise<TenantUserRow> {
  const id = newUserId()
  const passwordHash = await parts.passwords.hash(wanted.password)
  await inTenantStore(parts, { tenant, id, action: 'tenant_user.created', actor }, async () => {
    const made = await parts.databases.scopeOf(tenant).write((database) =>
      insertTenantUser(database, {
        tenantId: tenant.id,
        id,
        email: wanted.email,
        fullName: wanted.fullName,
        passwordHash,
        isVerified: true,
      }),
    )
    if (!made) throw emailTaken({ detail: 'A user of this tenant has this address already.' })
  })
  return getTenantUser(parts, tenant, id)
}

/** What a manager may change of a tenant's user. */
export interface TenantUserChanges {
  fullName?: string | null
  password?: string
  isActive?: boolean
}

/** Changes a tenant's user. Of a platform user only the access to this tenant is the manager's to change. */
export async function changeTenantUser(
  parts: TenantUsersParts,
  tenant: TenantRecord,
  change: { id: UserId | undefined; changes: TenantUserChanges; actor: AuditActor },
): Promise<TenantUserRow> {
  const { changes, actor } = change
  const user = await getTenantUser(parts, tenant, change.id)
  if (user.coreUserId && (changes.password !== undefined || changes.fullName !== undefined)) {
    const path = changes.password === undefined ? 'full_name' : 'password'
    const message = 'cannot be changed here, as this is a platform user'
    throw requestInvalid({ detail: `${path}: ${message}`, errors: [{ path, message }] })
  }
  const passwordHash = changes.password === undefined ? undefined : await parts.passwords.hash(changes.password)
  const fields = Object.entries(changes).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  await inTenantStore(parts, { tenant, id: user.id, action: 'tenant_user.updated', actor, fields }, async () => {
    await parts.databases.scopeOf(tenant).write(async (database) => {
      await updateTenantUser(database, tenant.id, user.id, {
        ...(changes.fullName === undefined ? {} : { fullName: changes.fullName }),
        ...(changes.isActive === undefined ? {} : { isActive: changes.isActive }),
        ...(passwordHash ? { passwordHash } : {}),
      })
      const endsSessions = passwordHash !== undefined || changes.isActive === false
      if (endsSessions) await endSessions(parts, { tenant, database, id: user.id, reason: 'changed by a manager' })
    })
  })
  return getTenantUser(parts, tenant, user.id)
}

/** Deletes a tenant's own user with its conversations, or takes a platform user out of the tenant. */
export async function removeTenantUser(
  parts: TenantUsersParts,
  tenant: TenantRecord,
  removal: { id: UserId | undefined; actor: AuditActor },
): Promise<void> {
  const user = await getTenantUser(parts, tenant, removal.id)
  const { coreUserId } = user
  if (coreUserId) {
    await unassign(parts, tenant, coreUserId, removal.actor)
    return
  }
  await inTenantStore(parts, { tenant, id: user.id, action: 'tenant_user.deleted', actor: removal.actor }, async () => {
    await parts.databases.scopeOf(tenant).write(async (database) => {
      await deleteTenantUser(database, tenant.id, user.id)
      await endSessions(parts, { tenant, database, id: user.id, reason: 'user deleted' })
    })
  })
}

async function unassign(parts: TenantUsersParts, tenant: TenantRecord, id: UserId, actor: AuditActor): Promise<void> {
  await parts.core.write(async (database) => {
    // Locked and read now: it may have been assigned to another tenant meanwhile, which is not this manager's to undo.
    const user = await findUserForUpdate(database, id)
    if (user?.tenantId !== tenant.id) {
      const message = 'is not assigned to this tenant; superusers and the owner may enter without being so'
      throw requestInvalid({ detail: `user: ${message}`, errors: [{ path: 'user', message }] })
    }
    await updateUser(database, id, { tenantId: null })
    await revokeSignInSessionsOf(database, { userId: id, tenantId: tenant.id, reason: 'unassigned' })
    await insertAudit(database, actor, {
      action: 'user.unassigned',
      targetType: 'user',
      targetId: id,
      tenantId: tenant.id,
      before: { tenant_id: tenant.id },
      after: { tenant_id: null },
    })
  })
  parts.directories.forget({ kind: 'user', ids: [id] })
}

/** A write in the tenant's store and its record. No address or name is in it, as end users' are not the platform's to keep. */
async function inTenantStore(
  parts: TenantUsersParts,
  written: { tenant: TenantRecord; id: UserId; action: string; actor: AuditActor; fields?: string[] },
  write: () => Promise<void>,
): Promise<void> {
  const { tenant, id, action, actor, fields } = written
  const entry = {
    targetType: 'tenant_user',
    targetId: id,
    tenantId: tenant.id,
    ...(fields ? { after: { fields } } : {}),
  }
  await auditStoreWrite(parts.core, { actor, entry: { ...entry, action } }, write)
  parts.directories.forget({ kind: 'tenant_user', ids: [tenant.id, id] })
}

/** Under the lock of the write before it, so that no session of the old password or access is left. */
function endSessions(
  parts: TenantUsersParts,
  ended: { tenant: TenantRecord; database: Database; id: UserId; reason: string },
): Promise<void> {
  const { tenant, database, id, reason } = ended
  return withSessionsOf({ tenant, database, core: parts.core }, (sessions) =>
    revokeSignInSessionsOf(sessions, { userId: id, tenantId: tenant.id, reason }),
  )
}

async function getTenantUser(
  parts: TenantUsersParts,
  tenant: TenantRecord,
  id: UserId | undefined,
): Promise<TenantUserRow> {
  const row = id && (await parts.databases.scopeOf(tenant).findUser(id))
  // An API key is managed as what it is.
  if (!row || row.isService) throw userNotFound({ detail: 'This tenant has no user with this id.' })
  return row
}
