import { type AuditActor, insertAudit } from '../../data/audit.data.ts'
import type { CoreDatabase } from '../../data/core-database.ts'
import type { Directories } from '../../data/directories.ts'
import { revokeSignInSessionsOf } from '../../data/sign-in-sessions.data.ts'
import type { TenantDatabases } from '../../data/tenant-databases.ts'
import { findTenantUserWithHash, updateTenantUser } from '../../data/tenant-users.data.ts'
import { findPasswordHash, updateUser } from '../../data/users.data.ts'
import type { CorePrincipal, Principal, TenantPrincipal } from '../../http/identity.ts'
import { requestInvalid } from '../../http/problem-details.ts'
import type { UserView } from '../../http/schemas.ts'
import { tenantNotFound } from '../../http/tenant-gate.ts'
import { tokenInvalid } from '../../http/identity.ts'
import { describeTenantUser, describeUser } from '../../http/user-view.ts'
import type { UserId } from '../../platform/ids.ts'
import type { Passwords } from '../../platform/passwords.ts'

/** What one's own account stands on. */
export interface AccountParts {
  core: CoreDatabase
  databases: TenantDatabases
  directories: Directories
  passwords: Passwords
}

/** What a user may change of itself. */
export interface AccountChanges {
  fullName?: string | null
  password?: string
  currentPassword?: string
}

/** The caller's own user, read now: a tenant user's row in one scoped round trip. */
export async function readAccount(parts: AccountParts, principal: Principal): Promise<UserView> {
  if (principal.scope === 'core') {
    const user = await parts.directories.user(principal.userId)
    if (!user) throw tokenInvalid()
    return describeUser(user)
  }
  const { tenant, scope } = await openScope(parts, principal)
  const row = await scope.findUser(principal.userId)
  if (!row) throw tokenInvalid()
  return describeTenantUser(row, tenant.id)
}

/** Changes the caller's own user. A new password needs the current one and ends the caller's other sessions. */
export async function changeAccount(
  parts: AccountParts,
  principal: Principal,
  changes: AccountChanges,
  actor: AuditActor,
): Promise<UserView> {
  if (principal.scope === 'core') await changePlatformUser(parts, principal, principal.userId, changes, actor)
  else await changeTenantUser(parts, principal, changes, actor)
  return readAccount(parts, principal)
}

async function changePlatformUser(
  parts: AccountParts,
  principal: Principal,
  userId: UserId,
  changes: AccountChanges,
  actor: AuditActor,
): Promise<void> {
  const passwordHash = await hashNewPassword(parts, changes, () => findPasswordHash(parts.core.db, userId))
  const changed = await parts.core.write(async (database) => {
    const user = await updateUser(database, userId, {
      ...(changes.fullName === undefined ? {} : { fullName: changes.fullName }),
      ...(passwordHash ? { passwordHash } : {}),
    })
    if (passwordHash) {
      await revokeSignInSessionsOf(database, { userId, except: principal.sessionId, reason: 'password changed' })
    }
    await insertAudit(database, actor, {
      action: 'user.updated',
      targetType: 'user',
      targetId: userId,
      after: describeChanges(changes),
    })
    return user
  })
  parts.directories.forget({ kind: 'user', ids: [userId] })
  await renameLinkedRow(parts, { userId, tenantId: principal.tenantId ?? changed?.tenantId ?? null, changes })
}

/** The linked row shows the platform user's name in its tenant. */
async function renameLinkedRow(
  parts: AccountParts,
  link: { userId: UserId; tenantId: CorePrincipal['tenantId']; changes: AccountChanges },
): Promise<void> {
  const { fullName } = link.changes
  const tenant = link.tenantId && (await parts.directories.tenant(link.tenantId))
  if (fullName === undefined || !tenant) return
  await parts.databases
    .scopeOf(tenant)
    .write((database) => updateTenantUser(database, tenant.id, link.userId, { fullName }))
  parts.directories.forget({ kind: 'tenant_user', ids: [tenant.id, link.userId] })
}

async function changeTenantUser(
  parts: AccountParts,
  principal: TenantPrincipal,
  changes: AccountChanges,
  actor: AuditActor,
): Promise<void> {
  const { tenant, scope } = await openScope(parts, principal)
  const row = await scope.read((database) => findTenantUserWithHash(database, tenant.id, principal.userId))
  if (!row) throw tokenInvalid()
  if (row.coreUserId) return changePlatformUser(parts, principal, row.coreUserId, changes, actor)
  const passwordHash = await hashNewPassword(parts, changes, () => Promise.resolve(row.passwordHash ?? undefined))
  await scope.write((database) =>
    updateTenantUser(database, tenant.id, row.id, {
      ...(changes.fullName === undefined ? {} : { fullName: changes.fullName }),
      ...(passwordHash ? { passwordHash } : {}),
    }),
  )
  await parts.core.write(async (database) => {
    if (passwordHash) {
      await revokeSignInSessionsOf(database, {
        userId: row.id,
        tenantId: tenant.id,
        except: principal.sessionId,
        reason: 'password changed',
      })
    }
    await insertAudit(database, actor, {
      action: 'tenant_user.updated',
      targetType: 'tenant_user',
      targetId: row.id,
      tenantId: tenant.id,
      // Only which fields: an end user's name is not the platform's to keep.
      after: { fields: Object.keys(describeChanges(changes)) },
    })
  })
  parts.directories.forget({ kind: 'tenant_user', ids: [tenant.id, row.id] })
}

async function hashNewPassword(
  parts: AccountParts,
  changes: AccountChanges,
  readHash: () => Promise<string | undefined>,
): Promise<string | undefined> {
  if (changes.password === undefined) return undefined
  const { ok } = await parts.passwords.verify(changes.currentPassword ?? '', (await readHash()) ?? null)
  if (!ok) {
    throw requestInvalid({
      detail: 'current_password: is not right',
      errors: [{ path: 'current_password', message: 'is not right' }],
    })
  }
  return parts.passwords.hash(changes.password)
}

function describeChanges(changes: AccountChanges): Record<string, unknown> {
  return {
    ...(changes.fullName === undefined ? {} : { full_name: changes.fullName }),
    ...(changes.password === undefined ? {} : { password: '[set]' }),
  }
}

async function openScope(parts: AccountParts, principal: TenantPrincipal) {
  const tenant = await parts.directories.tenant(principal.tenantId)
  if (!tenant) throw tenantNotFound()
  return { tenant, scope: parts.databases.scopeOf(tenant) }
}
