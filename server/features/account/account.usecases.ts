import { type AuditActor, insertAudit } from '../../data/audit.data.ts'
import type { CoreDatabase } from '../../data/core-database.ts'
import type { Directories } from '../../data/directories.ts'
import { revokeSignInSessionsOf, withSessionsOf } from '../../data/sign-in-sessions.data.ts'
import type { TenantDatabases } from '../../data/tenant-databases.ts'
import {
  addressOfApiKey,
  findTenantUserWithHash,
  updateTenantUser,
  updateTenantUserIfPassword,
} from '../../data/tenant-users.data.ts'
import { findPasswordHash, updateUser, updateUserIfPassword } from '../../data/users.data.ts'
import type {
  ApiKeyPrincipal,
  CorePrincipal,
  Principal,
  SignedInPrincipal,
  TenantPrincipal,
} from '../../http/identity.ts'
import { requestInvalid } from '../../http/problem-details.ts'
import type { UserView } from '../../http/schemas.ts'
import { tenantNotFound } from '../../http/tenant-gate.ts'
import { tokenInvalid } from '../../http/identity.ts'
import { describeTenantUser, describeUser } from '../../http/user-view.ts'
import type { Clock } from '../../platform/clock.ts'
import type { UserId } from '../../platform/ids.ts'
import type { Passwords } from '../../platform/passwords.ts'
import { checkCurrentPassword } from './password-guesses.ts'

/** What one's own account stands on. */
export interface AccountParts {
  core: CoreDatabase
  databases: TenantDatabases
  directories: Directories
  passwords: Passwords
  clock: Clock
}

/** What a user may change of itself. */
export interface AccountChanges {
  fullName?: string | null
  password?: string
  currentPassword?: string
}

/** The caller's own user, from memory as long as nobody changed it (design §9); a change of its own is seen at once. */
export async function readAccount(parts: AccountParts, principal: Principal): Promise<UserView> {
  if (principal.scope === 'core') {
    const user = await parts.directories.user(principal.userId)
    if (!user) throw tokenInvalid()
    return describeUser(user)
  }
  if (principal.scope === 'api_key') return readApiKeyAsUser(parts, principal)
  const tenant = await parts.directories.tenant(principal.tenantId)
  const row = tenant && (await parts.directories.tenantUser(tenant, principal.userId))
  if (!tenant || !row) throw tokenInvalid()
  return describeTenantUser(row, tenant.id)
}

/** A key as the tenant user that it acts as; its row need not be there before the first conversation. */
async function readApiKeyAsUser(parts: AccountParts, principal: ApiKeyPrincipal): Promise<UserView> {
  const key = await parts.directories.apiKey(principal.userId)
  if (!key) throw tokenInvalid()
  return {
    id: key.id,
    email: addressOfApiKey(key.id),
    full_name: key.name,
    scope: 'tenant',
    tenant_id: key.tenantId,
    is_active: true,
    is_verified: true,
    is_owner: false,
    is_superuser: false,
    created_at: key.createdAt.toISOString(),
  }
}

/**
 * Changes the caller's own user. A new password needs the current one, which must still stand when the new one is
 * written, and ends the caller's other sessions. 422 `request.invalid` for a wrong current password,
 * `limit.password_guesses` 429 after too many.
 */
export async function changeAccount(
  parts: AccountParts,
  principal: SignedInPrincipal,
  changes: AccountChanges,
  actor: AuditActor,
): Promise<UserView> {
  if (principal.scope === 'core') await changePlatformUser(parts, principal, principal.userId, changes, actor)
  else await changeTenantUser(parts, principal, changes, actor)
  return readAccount(parts, principal)
}

async function changePlatformUser(
  parts: AccountParts,
  principal: SignedInPrincipal,
  userId: UserId,
  changes: AccountChanges,
  actor: AuditActor,
): Promise<void> {
  const replaced = await replacePassword(parts, { principal, actor }, changes, () =>
    findPasswordHash(parts.core.db, userId),
  )
  const name = changes.fullName === undefined ? {} : { fullName: changes.fullName }
  const changed = await parts.core.write(async (database) => {
    const user = replaced
      ? await updateUserIfPassword(database, { id: userId, ...replaced }, { ...name, passwordHash: replaced.nextHash })
      : await updateUser(database, userId, name)
    if (!user) throw replaced ? wrongPassword() : tokenInvalid()
    if (replaced) {
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
  await renameLinkedRow(parts, { userId, tenantId: principal.tenantId ?? changed.tenantId, changes })
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

/** The row's lock holds off sign-ins until the other sessions have ended (guarantee: see `withSessionsOf`). */
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
  const replaced = await replacePassword(parts, { principal, actor }, changes, () =>
    Promise.resolve(row.passwordHash ?? undefined),
  )
  const name = changes.fullName === undefined ? {} : { fullName: changes.fullName }
  await scope.write(async (database) => {
    const user = { tenantId: tenant.id, id: row.id }
    const written = replaced
      ? await updateTenantUserIfPassword(
          database,
          { ...user, ...replaced },
          { ...name, passwordHash: replaced.nextHash },
        )
      : await updateTenantUser(database, tenant.id, row.id, name)
    if (!written) throw replaced ? wrongPassword() : tokenInvalid()
    await withSessionsOf({ tenant, database, core: parts.core }, async (sessions) => {
      if (replaced) {
        await revokeSignInSessionsOf(sessions, {
          userId: row.id,
          tenantId: tenant.id,
          except: principal.sessionId,
          reason: 'password changed',
        })
      }
      await insertAudit(sessions, actor, {
        action: 'tenant_user.updated',
        targetType: 'tenant_user',
        targetId: row.id,
        tenantId: tenant.id,
        // Only which fields: an end user's name is not the platform's to keep.
        after: { fields: Object.keys(describeChanges(changes)) },
      })
    })
  })
  parts.directories.forget({ kind: 'tenant_user', ids: [tenant.id, row.id] })
}

/** The hash that the current password was verified against, and the one to put in its place. */
interface ReplacedPassword {
  verifiedHash: string
  nextHash: string
}

async function replacePassword(
  parts: AccountParts,
  who: { principal: SignedInPrincipal; actor: AuditActor },
  changes: AccountChanges,
  readHash: () => Promise<string | undefined>,
): Promise<ReplacedPassword | undefined> {
  const { password, currentPassword } = changes
  if (password === undefined) return undefined
  if (currentPassword === undefined) throw missingPassword()
  const verifiedHash = await readHash()
  const isRight = await checkCurrentPassword(parts, who, async () => {
    const { ok } = await parts.passwords.verify(currentPassword, verifiedHash ?? null)
    return ok
  })
  if (!isRight || verifiedHash === undefined) throw wrongPassword()
  return { verifiedHash, nextHash: await parts.passwords.hash(password) }
}

function missingPassword(): Error {
  return requestInvalid({
    detail: 'current_password: is needed to change the password',
    errors: [{ path: 'current_password', message: 'is needed to change the password' }],
  })
}

function wrongPassword(): Error {
  return requestInvalid({
    detail: 'current_password: is not right',
    errors: [{ path: 'current_password', message: 'is not right' }],
  })
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
