import { type AuditActor, insertAudit } from '../../data/audit.data.ts'
import type { CoreDatabase } from '../../data/core-database.ts'
import type { Directories } from '../../data/directories.ts'
import type { Database } from '../../data/postgres.ts'
import { revokeSignInSessionsOf } from '../../data/sign-in-sessions.data.ts'
import type { TenantDatabases } from '../../data/tenant-databases.ts'
import { linkTenantUser, updateTenantUser } from '../../data/tenant-users.data.ts'
import {
  countActiveSuperusersLocked,
  deleteUser,
  findUser,
  findUserForUpdate,
  insertUser,
  type PlatformUser,
  updateUser,
} from '../../data/users.data.ts'
import { emailTaken, ensureVouchedFor, tenantNotFound, userNotFound } from '../../http/tenant-gate.ts'
import { defineError } from '../../platform/errors.ts'
import { newUserId, parseTenantId, type UserId } from '../../platform/ids.ts'
import type { Passwords } from '../../platform/passwords.ts'

/** Without a superuser nobody could manage the platform. */
export const lastSuperuser = defineError({
  code: 'user.last_superuser',
  status: 409,
  title: 'This is the last superuser',
})

/** What managing platform users stands on. */
export interface UsersParts {
  core: CoreDatabase
  databases: TenantDatabases
  directories: Directories
  passwords: Passwords
}

/** A platform user to be made. */
export interface NewUser {
  email: string
  passwordHash: string
  fullName: string | null
  isSuperuser: boolean
  isOwner: boolean
}

/** Makes a platform user in the given transaction; made by a superuser, it counts as verified. */
export async function createUser(database: Database, wanted: NewUser, actor: AuditActor): Promise<PlatformUser> {
  const user = await insertUser(database, { id: newUserId(), isVerified: true, ...wanted })
  if (!user) throw emailTaken({ detail: 'A user with this address exists already.' })
  await insertAudit(database, actor, {
    action: 'user.created',
    targetType: 'user',
    targetId: user.id,
    after: { email: user.email, full_name: user.fullName, is_superuser: user.isSuperuser, is_owner: user.isOwner },
  })
  return user
}

/** The platform user of this id; 404 `user.not_found`. */
export async function getUser(parts: UsersParts, id: UserId | undefined): Promise<PlatformUser> {
  const user = id && (await findUser(parts.core.db, id))
  if (!user) throw notFound()
  return user
}

/** What a superuser may change of a platform user. */
export interface UserChanges {
  fullName?: string | null
  password?: string
  isActive?: boolean
  isVerified?: boolean
  isSuperuser?: boolean
  isOwner?: boolean
}

/**
 * Changes a platform user. A new password or a switched-off account ends its sessions. 409 `user.unverified` if it is to
 * be a superuser and nobody has shown that its address is its own.
 */
export async function changeUser(
  parts: UsersParts,
  id: UserId | undefined,
  changes: UserChanges,
  actor: AuditActor,
): Promise<PlatformUser> {
  if (!id) throw notFound()
  const { password, ...columns } = changes
  const passwordHash = password === undefined ? undefined : await parts.passwords.hash(password)
  const user = await parts.core.write(async (database) => {
    const losesSuperuser = changes.isSuperuser === false || changes.isActive === false
    const superusers = losesSuperuser ? await countActiveSuperusersLocked(database) : Infinity
    const before = await findUserForUpdate(database, id)
    if (!before) throw notFound()
    if (before.isSuperuser && before.isActive && superusers <= 1) throw refuseLastSuperuser()
    if (changes.isSuperuser && !before.isSuperuser && !changes.isVerified) ensureVouchedFor(before)
    const after = await updateUser(database, id, {
      ...withoutUndefined(columns),
      ...(passwordHash ? { passwordHash } : {}),
    })
    if (!after) throw notFound()
    if (passwordHash || changes.isActive === false) {
      await revokeSignInSessionsOf(database, { userId: id, reason: passwordHash ? 'password changed' : 'switched off' })
    }
    await insertAudit(database, actor, {
      action: 'user.updated',
      targetType: 'user',
      targetId: id,
      tenantId: after.tenantId,
      ...describeDifference(before, after, passwordHash !== undefined),
    })
    return after
  })
  parts.directories.forget({ kind: 'user', ids: [id] })
  await renameLinkedRow(parts, user, changes.fullName)
  return user
}

async function renameLinkedRow(
  parts: UsersParts,
  user: PlatformUser,
  fullName: string | null | undefined,
): Promise<void> {
  const tenant = user.tenantId && fullName !== undefined ? await parts.directories.tenant(user.tenantId) : undefined
  if (!tenant) return
  await parts.databases
    .scopeOf(tenant)
    .write((database) => updateTenantUser(database, tenant.id, user.id, { fullName }))
  parts.directories.forget({ kind: 'tenant_user', ids: [tenant.id, user.id] })
}

/** Deletes a platform user. Its linked rows stay, so that conversations keep their author, but open nothing any more. */
export async function removeUser(parts: UsersParts, id: UserId | undefined, actor: AuditActor): Promise<void> {
  if (!id) throw notFound()
  await parts.core.write(async (database) => {
    const superusers = await countActiveSuperusersLocked(database)
    const before = await findUserForUpdate(database, id)
    if (!before) throw notFound()
    if (before.isSuperuser && before.isActive && superusers <= 1) throw refuseLastSuperuser()
    await revokeSignInSessionsOf(database, { userId: id, reason: 'user deleted' })
    await deleteUser(database, id)
    await insertAudit(database, actor, {
      action: 'user.deleted',
      targetType: 'user',
      targetId: id,
      tenantId: before.tenantId,
      before: {
        email: before.email,
        full_name: before.fullName,
        is_superuser: before.isSuperuser,
        is_owner: before.isOwner,
      },
    })
  })
  parts.directories.forget({ kind: 'user', ids: [id] })
}

/**
 * Assigns a platform user to a tenant and makes its linked row there first, which is harmless should the rest fail.
 * 404 for either that is missing, 409 `user.email_taken` if an unlinked tenant user has the address, 409
 * `user.unverified` for a self-registered user that is not verified.
 */
export async function assignUser(
  parts: UsersParts,
  id: UserId | undefined,
  tenantText: string,
  actor: AuditActor,
): Promise<PlatformUser> {
  const user = await getUser(parts, id)
  const tenantId = parseTenantId(tenantText)
  const tenant = tenantId && (await parts.directories.tenant(tenantId))
  if (!tenant) throw tenantNotFound({ detail: 'There is no tenant with this id.' })
  ensureVouchedFor(user)
  const linked = await parts.databases.scopeOf(tenant).write((database) => linkTenantUser(database, tenant.id, user))
  if (!linked) throw emailTaken({ detail: 'A user of this tenant already has this address. The two are never merged.' })
  return moveUser(parts, user.id, tenant.id, actor)
}

/** Takes a platform user out of its tenant; its sessions there end. */
export async function unassignUser(parts: UsersParts, id: UserId | undefined, actor: AuditActor): Promise<void> {
  const user = await getUser(parts, id)
  await moveUser(parts, user.id, null, actor)
}

async function moveUser(
  parts: UsersParts,
  id: UserId,
  tenantId: PlatformUser['tenantId'],
  actor: AuditActor,
): Promise<PlatformUser> {
  const user = await parts.core.write(async (database) => {
    const before = await findUserForUpdate(database, id)
    if (!before) throw notFound()
    if (before.tenantId === tenantId) return before
    const after = await updateUser(database, id, { tenantId })
    if (!after) throw notFound()
    if (before.tenantId) {
      await revokeSignInSessionsOf(database, { userId: id, tenantId: before.tenantId, reason: 'unassigned' })
    }
    await insertAudit(database, actor, {
      action: tenantId ? 'user.assigned' : 'user.unassigned',
      targetType: 'user',
      targetId: id,
      tenantId: tenantId ?? before.tenantId,
      before: { tenant_id: before.tenantId },
      after: { tenant_id: tenantId },
    })
    return after
  })
  parts.directories.forget({ kind: 'user', ids: [id] })
  return user
}

function describeDifference(
  before: PlatformUser,
  after: PlatformUser,
  newPassword: boolean,
): { before: Record<string, unknown>; after: Record<string, unknown> } {
  const names = {
    fullName: 'full_name',
    isActive: 'is_active',
    isVerified: 'is_verified',
    isSuperuser: 'is_superuser',
    isOwner: 'is_owner',
  } as const
  const difference: { before: Record<string, unknown>; after: Record<string, unknown> } = { before: {}, after: {} }
  for (const [column, name] of Object.entries(names)) {
    if (!isColumn(column) || before[column] === after[column]) continue
    difference.before[name] = before[column]
    difference.after[name] = after[column]
  }
  if (newPassword) difference.after.password = '[set]'
  return difference
}

function isColumn(name: string): name is 'fullName' | 'isActive' | 'isVerified' | 'isSuperuser' | 'isOwner' {
  return ['fullName', 'isActive', 'isVerified', 'isSuperuser', 'isOwner'].includes(name)
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  const kept: Partial<T> = { ...value }
  for (const key in kept) if (kept[key] === undefined) delete kept[key]
  return kept
}

function notFound(): Error {
  return userNotFound({ detail: 'There is no user with this id.' })
}

function refuseLastSuperuser(): Error {
  return lastSuperuser({
    detail: 'Make another superuser first: the last one cannot be demoted, switched off or deleted.',
  })
}
