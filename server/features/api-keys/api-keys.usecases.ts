import {
  type ApiKey,
  countApiKeys,
  findApiKeyForUpdate,
  insertApiKey,
  listApiKeys,
  updateApiKey,
} from '../../data/api-keys.data.ts'
import { type AuditActor, insertAudit } from '../../data/audit.data.ts'
import type { CoreDatabase } from '../../data/core-database.ts'
import type { Directories } from '../../data/directories.ts'
import type { Database } from '../../data/postgres.ts'
import { findTenantForUpdate } from '../../data/tenants.data.ts'
import { requestInvalid } from '../../http/problem-details.ts'
import { tenantNotFound } from '../../http/tenant-gate.ts'
import { type ApiKeyScope, makeApiKey } from '../../platform/api-keys.ts'
import type { Clock } from '../../platform/clock.ts'
import { newUserId, type TenantId, type UserId } from '../../platform/ids.ts'
import { apiKeyNotFound, tooManyApiKeys } from './api-keys.errors.ts'

/** What API keys stand on. */
export interface ApiKeysParts {
  core: CoreDatabase
  directories: Directories
  clock: Clock
}

/** A key just made or rotated, with its secret, which is stored nowhere. */
export interface ShownKey {
  key: ApiKey
  secret: string
}

const keysPerTenantMax = 50
/** Whoever rotates more often than that within a grace leaves the oldest secret behind. */
const formerSecretsMax = 5

/** A tenant's keys that were not revoked, oldest first. */
export function listKeysOf(parts: ApiKeysParts, tenantId: TenantId): Promise<ApiKey[]> {
  return listApiKeys(parts.core.db, tenantId)
}

/** Makes a key in the given transaction. Throws `request.invalid` for a time that is past, `api_key.too_many`. */
export async function createKey(
  parts: ApiKeysParts,
  database: Database,
  wanted: { tenantId: TenantId; name: string; scopes: ApiKeyScope[]; expiresAt: Date | null; actor: AuditActor },
): Promise<ShownKey> {
  const { tenantId, name, scopes, expiresAt, actor } = wanted
  const now = parts.clock.now()
  if (expiresAt !== null && !(expiresAt > now)) {
    const message = 'must be a time to come'
    throw requestInvalid({ detail: `expires_at: ${message}`, errors: [{ path: 'expires_at', message }] })
  }
  // The lock keeps parallel creations from passing the limit together.
  if (!(await findTenantForUpdate(database, tenantId))) {
    throw tenantNotFound({ detail: 'There is no tenant with this id.' })
  }
  if ((await countApiKeys(database, tenantId)) >= keysPerTenantMax) {
    throw tooManyApiKeys({ detail: `A tenant has ${keysPerTenantMax} keys at most. Revoke one first.` })
  }
  const id = newUserId()
  const { key: secret, hash, last4 } = makeApiKey(id)
  const key = await insertApiKey(database, {
    id,
    tenantId,
    name,
    secretHash: hash,
    last4,
    scopes,
    expiresAt,
    createdBy: actor.actorId,
    createdByEmail: actor.actorEmail,
    createdAt: now,
  })
  await insertAudit(database, actor, {
    action: 'api_key.created',
    targetType: 'api_key',
    targetId: id,
    tenantId,
    after: { name, scopes, expires_at: expiresAt?.toISOString() ?? null },
  })
  return { key, secret }
}

/**
 * Gives a key a new secret in the given transaction; the one before is accepted until its grace ends. Throws
 * `api_key.not_found`.
 */
export async function rotateKey(
  parts: ApiKeysParts,
  database: Database,
  wanted: { tenantId: TenantId; id: UserId | undefined; graceMinutes: number; actor: AuditActor },
): Promise<ShownKey> {
  const found = await getKeyForUpdate(database, wanted)
  const now = parts.clock.now()
  const { key: secret, hash, last4 } = makeApiKey(found.id)
  const untilMs = now.getTime() + wanted.graceMinutes * 60_000
  const formerSecrets = [{ hash: found.secretHash, untilMs }, ...found.formerSecrets]
    .filter((former) => former.untilMs > now.getTime())
    .slice(0, formerSecretsMax)
  const key = await updateApiKey(database, found.id, { secretHash: hash, last4, formerSecrets, rotatedAt: now })
  await insertAudit(database, wanted.actor, {
    action: 'api_key.rotated',
    targetType: 'api_key',
    targetId: key.id,
    tenantId: wanted.tenantId,
    after: { name: key.name, grace_minutes: wanted.graceMinutes },
  })
  return { key, secret }
}

/** Revokes a key: within a second it opens nothing on any replica. Throws `api_key.not_found`. */
export async function revokeKey(
  parts: ApiKeysParts,
  wanted: { tenantId: TenantId; id: UserId | undefined; actor: AuditActor },
): Promise<void> {
  const id = await parts.core.write(async (database) => {
    const found = await getKeyForUpdate(database, wanted)
    await updateApiKey(database, found.id, { revokedAt: parts.clock.now(), formerSecrets: [] })
    await insertAudit(database, wanted.actor, {
      action: 'api_key.revoked',
      targetType: 'api_key',
      targetId: found.id,
      tenantId: wanted.tenantId,
      before: { name: found.name },
    })
    return found.id
  })
  forgetKey(parts, id)
}

/** Forgets here at once what was just changed; the other replicas hear of it from the database. */
export function forgetKey(parts: ApiKeysParts, id: string): void {
  parts.directories.forget({ kind: 'api_key', ids: [id] })
}

/** Until when secrets that were rotated away are still accepted; null when none is. */
export function graceUntil(key: ApiKey, now: Date): Date | null {
  const latestMs = Math.max(0, ...key.formerSecrets.map(({ untilMs }) => untilMs))
  return latestMs > now.getTime() ? new Date(latestMs) : null
}

async function getKeyForUpdate(
  database: Database,
  named: { tenantId: TenantId; id: UserId | undefined },
): Promise<ApiKey> {
  const { id, tenantId } = named
  const found = id && (await findApiKeyForUpdate(database, { tenantId, id }))
  if (!found) throw apiKeyNotFound({ detail: 'The tenant has no such key.' })
  return found
}
