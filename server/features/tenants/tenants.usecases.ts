import type { Limits } from '../../answering/limits/limits.ts'
import { effectiveSettings } from '../../answering/model-choice.ts'
import { type AuditActor, insertAudit } from '../../data/audit.data.ts'
import type { Directories } from '../../data/directories.ts'
import type { KeptStores } from '../../data/kept-stores.ts'
import type { Mover } from '../../data/move-tenant.ts'
import type { Database } from '../../data/postgres.ts'
import type { Provisioner, ReservedStore } from '../../data/provision-tenant.ts'
import type { TenantDatabases } from '../../data/tenant-databases.ts'
import { linkTenantUser } from '../../data/tenant-users.data.ts'
import {
  findPromptVersion,
  findTenant,
  findTenantForUpdate,
  insertPromptVersion,
  insertTenant,
  readLiveVersion,
  type TenantChanges,
  type TenantRecord,
  updateTenant,
} from '../../data/tenants.data.ts'
import { findUser } from '../../data/users.data.ts'
import { requestInvalid } from '../../http/problem-details.ts'
import { emailTaken, ensureVouchedFor, tenantNotFound } from '../../http/tenant-gate.ts'
import type { Egress } from '../../platform/egress.ts'
import { withDeadline } from '../../platform/deadline.ts'
import { defineError } from '../../platform/errors.ts'
import { listUselessWarnings } from '../../platform/limit-settings.ts'
import { parseDatabaseServerId, parseTenantId, parseUserId, type TenantId, type UserId } from '../../platform/ids.ts'
import type { SecretBox } from '../../platform/secrets.ts'
import { readTenantSettings } from './tenant-settings.ts'
import { describeTenant, type UsageViewParts } from './tenant-view.ts'
import type { NewTenantBody, TenantChangesBody, TenantView } from './tenants.schemas.ts'

/** Another tenant has this id. */
export const tenantIdTaken = defineError({ code: 'tenant.id_taken', status: 409, title: 'The tenant id is taken' })
/** No such version of the prompt. */
export const promptNotFound = defineError({ code: 'prompt.not_found', status: 404, title: 'There is no such version' })
/** Somebody else changed the prompt meanwhile. */
export const promptChanged = defineError({ code: 'prompt.changed', status: 409, title: 'Another prompt is live now' })

/** What managing tenants stands on. */
export interface TenantsParts extends UsageViewParts {
  databases: TenantDatabases
  provisioner: Provisioner
  keptStores: KeptStores
  mover: Mover
  directories: Directories
  limits: Pick<Limits, 'inForce' | 'forget'>
  egress: Egress
  secretBox: SecretBox
}

const provisioningWaitedMs = 5_000
/** Ids that are paths of their own beside `/admin/tenants/{id}`, or, `new`, beside the tenants' pages in the console. */
export const reservedIds = new Set(['counts', 'import', 'new'])

/**
 * Makes a tenant in the given transaction, with the first version of its prompt if it has one. A dedicated one has no
 * store yet: `settleNewTenant` sees to that once the transaction is committed.
 */
export async function createTenant(
  parts: TenantsParts,
  database: Database,
  body: NewTenantBody,
  actor: AuditActor,
): Promise<TenantRecord> {
  const id = parseTenantId(body.id)
  if (!id || reservedIds.has(body.id)) throw refuse('id', 'is reserved; choose another')
  const settings = await readTenantSettings(body, { ...contextOf(parts), tenantId: id, before: withoutKey })
  await ensureOwnerExists(database, settings)
  const place = await choosePlace(parts, database, body)
  const tenant = await insertTenant(database, { ...settings, ...place, id, name: body.name })
  if (!tenant) throw tenantIdTaken({ detail: 'Another tenant has this id. Choose another.' })
  await ensureLimitsHold(parts, tenant, body)
  if (tenant.systemPrompt !== null) await storePromptVersion(database, tenant, actor)
  await insertAudit(database, actor, {
    action: 'tenant.created',
    targetType: 'tenant',
    targetId: tenant.id,
    tenantId: tenant.id,
    after: describeForAudit(describeTenant(tenant), body),
  })
  return tenant
}

/** A server that is named means a database of its own there. */
async function choosePlace(
  parts: TenantsParts,
  database: Database,
  body: NewTenantBody,
): Promise<ReservedStore | { isolation: 'pooled'; databaseServerId: null }> {
  const wanted = body.database_server_id ? parseDatabaseServerId(body.database_server_id) : undefined
  if (body.isolation === 'pooled' && wanted) throw refuse('database_server_id', 'is for dedicated tenants only')
  return body.isolation === 'dedicated' || wanted
    ? parts.provisioner.reserve(database, wanted)
    : { isolation: 'pooled', databaseServerId: null }
}

/**
 * Sees to what is no part of the core transaction that made a tenant: its store, if it is to have one of its own, and
 * its owner's row there. Idempotent. Waits at most 5 s for a store.
 * @returns the tenant as it is then; still `provisioning` when it takes longer, undefined when it is gone
 */
export async function settleNewTenant(parts: TenantsParts, id: TenantId): Promise<TenantRecord | undefined> {
  const tenant = await findTenant(parts.core.db, id)
  if (tenant?.isolation === 'dedicated') return provisionSoon(parts, tenant, parts.provisioner.provision(id))
  if (tenant?.ownerId) await linkOwner(parts, tenant, tenant.ownerId)
  return tenant
}

/** Takes a tenant up again whose store could not be made. Audited. */
export async function retryProvisioning(parts: TenantsParts, id: TenantId, actor: AuditActor): Promise<TenantRecord> {
  const tenant = await findTenant(parts.core.db, id)
  if (!tenant) throw notFound()
  await insertAudit(parts.core.db, actor, {
    action: 'tenant.provision_retried',
    targetType: 'tenant',
    targetId: id,
    tenantId: id,
    before: { state: tenant.state, failure: tenant.failure },
  })
  const after = await provisionSoon(parts, tenant, parts.provisioner.retry(id))
  if (!after) throw notFound()
  return after
}

/** What is not waited for any longer goes on by itself; its outcome is in the tenant's record and in the log. */
async function provisionSoon(
  parts: TenantsParts,
  tenant: TenantRecord,
  work: Promise<TenantRecord | undefined>,
): Promise<TenantRecord | undefined> {
  const late = new Error('provisioning takes longer')
  try {
    return await withDeadline(work, provisioningWaitedMs, () => late)
  } catch (error) {
    if (error !== late) throw error
    return (await findTenant(parts.core.db, tenant.id)) ?? tenant
  }
}

/** Makes an owner's linked row; idempotent, as it is no part of the core transaction. 409 `user.email_taken`, `user.unverified`. */
async function linkOwner(parts: TenantsParts, tenant: TenantRecord, ownerId: UserId): Promise<void> {
  const owner = await parts.directories.user(ownerId)
  if (!owner?.isOwner) return
  ensureVouchedFor(owner)
  const linked = await parts.databases.scopeOf(tenant).write((database) => linkTenantUser(database, tenant.id, owner))
  if (!linked) throw emailTaken({ detail: "A user of this tenant already has the owner's address." })
}

/** Changes only what is given. A changed prompt becomes its next version. `prompt.changed` 409 when another is live. */
export async function changeTenant(
  parts: TenantsParts,
  id: TenantId,
  body: TenantChangesBody,
  actor: AuditActor,
): Promise<TenantRecord> {
  await linkNextOwner(parts, id, body)
  const tenant = await parts.core.write(async (database) => {
    const before = await findTenantForUpdate(database, id)
    if (!before || before.state === 'deleting') throw notFound()
    await ensureLiveVersion(database, id, body.live_version)
    ensureStaysInPlace(before, body)
    const settings = await readTenantSettings(body, { ...contextOf(parts), tenantId: id, before })
    await ensureOwnerExists(database, settings)
    if (settings.isActive !== undefined) settings.deactivatedBy = settings.isActive ? null : 'superuser'
    const after = await updateTenant(database, id, settings)
    if (!after) throw notFound()
    await ensureLimitsHold(parts, after, body)
    const promptVersion =
      after.systemPrompt === before.systemPrompt ? undefined : await storePromptVersion(database, after, actor)
    const views = [describeTenant(before), describeTenant(after)] as const
    await insertAudit(database, actor, {
      action: 'tenant.updated',
      targetType: 'tenant',
      targetId: id,
      tenantId: id,
      before: describeForAudit(views[0], body),
      after: { ...describeForAudit(views[1], body), version: promptVersion },
    })
    return after
  })
  parts.directories.forget({ kind: 'tenant', ids: [id] })
  return tenant
}

/** Before the change itself: what refuses the linked row refuses all, and the row alone opens nothing. */
async function linkNextOwner(parts: TenantsParts, id: TenantId, body: TenantChangesBody): Promise<void> {
  const ownerId = body.owner_id ? parseUserId(body.owner_id) : undefined
  const tenant = ownerId && (await parts.directories.tenant(id))
  if (tenant) await linkOwner(parts, tenant, ownerId)
}

/** Switches a tenant on or off. */
export function setTenantActive(
  parts: TenantsParts,
  id: TenantId,
  isActive: boolean,
  actor: AuditActor,
): Promise<TenantRecord> {
  return changeTenant(parts, id, { is_active: isActive }, actor)
}

/**
 * Makes an earlier version of the prompt live again, as a new version, in the given transaction. `prompt.not_found` 404;
 * `prompt.changed` 409 when another version than `liveVersion` is live.
 */
export async function restorePrompt(
  database: Database,
  wish: { id: TenantId; version: number; liveVersion: number | undefined },
  actor: AuditActor,
): Promise<TenantRecord> {
  const { id, version } = wish
  const before = await findTenantForUpdate(database, id)
  if (!before) throw notFound()
  await ensureLiveVersion(database, id, wish.liveVersion)
  const wanted = await findPromptVersion(database, id, version)
  if (!wanted) throw promptNotFound({ detail: 'The prompt of this tenant has no such version.' })
  const after = await updateTenant(database, id, { systemPrompt: wanted.systemPrompt })
  if (!after) throw notFound()
  const made = await storePromptVersion(database, after, actor)
  await insertAudit(database, actor, {
    action: 'tenant.prompt_restored',
    targetType: 'tenant',
    targetId: id,
    tenantId: id,
    before: { system_prompt: before.systemPrompt },
    after: { system_prompt: after.systemPrompt, version: made, restored_version: version },
  })
  return after
}

const withoutKey = { modelProvider: null, modelBaseUrl: null, modelApiKey: null, modelApiKeyOrigin: null, limits: {} }

function contextOf(parts: TenantsParts) {
  return { egress: parts.egress, secretBox: parts.secretBox, now: parts.clock.now() }
}

async function ensureOwnerExists(database: Database, settings: TenantChanges): Promise<void> {
  if (!settings.ownerId) return
  const owner = await findUser(database, settings.ownerId)
  if (!owner?.isOwner) throw refuse('owner_id', 'must be the id of a platform user who is an owner')
  ensureVouchedFor(owner)
}

/** Refuses what could not be held: a warning beyond the limit, and a budget for a model whose price nobody knows. */
async function ensureLimitsHold(parts: TenantsParts, after: TenantRecord, body: TenantChangesBody): Promise<void> {
  if (body.limits === undefined && body.model === undefined && body.model_provider === undefined) return
  const limits = parts.limits.inForce(after)
  const [useless] = body.limits === undefined ? [] : listUselessWarnings(limits)
  if (useless !== undefined) throw refuse(`limits.${useless}`, 'must not be above the limit itself')
  const isBudget = (limits.tenant.hard.cost_per_month_micro_usd ?? limits.user.hard.cost_per_month_micro_usd) !== null
  const { provider, model } = effectiveSettings(after, { models: parts.platformModels, index: parts.platformIndex })
  if (!isBudget || provider === null || model === null) return
  if (await parts.directories.price(provider, model)) return
  const path = body.limits === undefined ? 'model' : 'limits.cost_per_month_micro_usd'
  throw refuse(path, `needs a price of ${provider}/${model}, which is not known; a superuser can enter it under prices`)
}

/** The tenant's row must be locked, so that no version comes between this look and the change. */
async function ensureLiveVersion(database: Database, id: TenantId, seen: number | undefined): Promise<void> {
  if (seen === undefined) return
  const live = await readLiveVersion(database, id)
  if (live === seen) return
  const what = live === 0 ? 'The tenant has no prompt of its own.' : `Version ${live} is live now, not ${seen}.`
  throw promptChanged({ detail: `${what} Compare, then try again.`, extensions: { live_version: live } })
}

function storePromptVersion(database: Database, tenant: TenantRecord, actor: AuditActor): Promise<number> {
  return insertPromptVersion(database, {
    tenantId: tenant.id,
    systemPrompt: tenant.systemPrompt,
    authorId: actor.actorId,
    authorEmail: actor.actorEmail,
  })
}

/** Of the view only the fields that the request named: secrets are in it as `{set, last4}` at most. */
function describeForAudit(view: TenantView, body: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(view).filter(([name]) => Reflect.get(body, name) !== undefined))
}

/** A place is not changed by writing another one down: the tenant's rows are where they are. */
function ensureStaysInPlace(before: TenantRecord, body: TenantChangesBody): void {
  if (body.isolation !== undefined && body.isolation !== before.isolation) {
    throw refuse('isolation', 'cannot be changed here: the tenant would lose sight of its rows')
  }
  if (body.database_server_id !== undefined && body.database_server_id !== before.databaseServerId) {
    throw refuse('database_server_id', 'cannot be changed here: the tenant would lose sight of its rows')
  }
}

function notFound(): Error {
  return tenantNotFound({ detail: 'There is no tenant with this id.' })
}

function refuse(path: string, message: string): Error {
  return requestInvalid({ detail: `${path}: ${message}`, errors: [{ path, message }] })
}
