import type { SharedAnswers } from '../../answering/shared-answers.ts'
import { type AuditActor, insertAudit } from '../../data/audit.data.ts'
import { moveRefused } from '../../data/move-job.ts'
import { countTenantRows, deleteTenantRows } from '../../data/conversations.data.ts'
import { deleteSignInSessionsOfTenant } from '../../data/sign-in-sessions.data.ts'
import { deleteTenant, findTenantForUpdate, type TenantRecord, updateTenant } from '../../data/tenants.data.ts'
import { deleteUsageOfTenant } from '../../data/usage.data.ts'
import { tenantNotFound } from '../../http/tenant-gate.ts'
import type { RemovalParts } from '../../knowledge/forgetting.ts'
import { purgeVectors } from '../../knowledge/purge-vectors.ts'
import type { TenantId } from '../../platform/ids.ts'
import type { Log } from '../../platform/log.ts'
import type { PurgeReceipt } from './tenants.schemas.ts'
import type { TenantsParts } from './tenants.usecases.ts'

/** What destroying a tenant stands on. */
export type PurgeParts = TenantsParts & RemovalParts & { sharedAnswers: Pick<SharedAnswers, 'forget'>; log: Log }

/**
 * Destroys a tenant: first it is fenced off, which also ends its open streams, then its rows go, then its record. May
 * be repeated after a failure. What it used is told by the receipt and the audit log for the last time.
 */
export async function purgeTenant(parts: PurgeParts, id: TenantId, actor: AuditActor): Promise<PurgeReceipt> {
  const tenant = await parts.core.write(async (database) => {
    const found = await findTenantForUpdate(database, id)
    if (!found) throw tenantNotFound({ detail: 'There is no tenant with this id.' })
    if (found.state === 'moving') throw moveRefused({ detail: 'The tenant is being moved. End the move first.' })
    await insertAudit(database, actor, {
      action: 'tenant.purge_started',
      targetType: 'tenant',
      targetId: id,
      tenantId: id,
    })
    return updateTenant(database, id, { state: 'deleting', isActive: false, deactivatedBy: 'superuser' })
  })
  if (!tenant) throw tenantNotFound({ detail: 'There is no tenant with this id.' })
  parts.directories.forget({ kind: 'tenant', ids: [id] })
  // While the store still tells where they are.
  const vectors = await purgeVectors(parts, tenant)
  const rows = await deleteStore(parts, tenant)
  await parts.keptStores.purge(tenant)
  const receipt = await parts.core.write(async (database) => {
    const usage = await deleteUsageOfTenant(database, id)
    const sessions = await deleteSignInSessionsOfTenant(database, id)
    await deleteTenant(database, id)
    const made: PurgeReceipt = {
      tenant_id: id,
      purged_at: parts.clock.now().toISOString(),
      deleted: { ...rows, vectors: vectors.removed, sign_in_sessions: sessions, usage_ledger: usage.calls },
      vectors_left: vectors.left,
      usage: { calls: usage.calls, total_tokens: usage.totalTokens, cost_micro_usd: usage.costMicroUsd },
    }
    await insertAudit(database, actor, {
      action: 'tenant.purged',
      targetType: 'tenant',
      targetId: id,
      tenantId: id,
      before: { name: tenant.name, number: tenant.number },
      after: { ...made },
    })
    return made
  })
  parts.directories.forget({ kind: 'tenant', ids: [id] })
  await Promise.all([parts.limits.forget(id), parts.sharedAnswers.forget(id)])
  return receipt
}

/** Everything a tenant has in its store, and the store itself if it is its own. Counts what was there. */
async function deleteStore(parts: PurgeParts, tenant: TenantRecord): Promise<Record<string, number>> {
  if (tenant.isolation === 'pooled') {
    return parts.databases.scopeOf(tenant).write((database) => deleteTenantRows(database, tenant.id))
  }
  // A store that was never finished, or is gone since an earlier try, has nothing to count.
  const rows = await countStore(parts, tenant).catch(() => ({}))
  const { databases, roles } = await parts.provisioner.purgeStore(tenant)
  return { ...rows, databases, roles }
}

async function countStore(parts: PurgeParts, tenant: TenantRecord): Promise<Record<string, number>> {
  return parts.databases.scopeOf(tenant).read((database) => countTenantRows(database, tenant.id))
}
