import { insertAudit } from './audit.data.ts'
import { deleteTenantRows } from './conversations.data.ts'
import { removeFence } from './kept-stores.ts'
import type { MoveJob, MoverParts } from './move-job.ts'
import { endMove, forbidSwitch, type MoveEnd, pooledPlace, type TenantMove } from './tenant-moves.data.ts'
import { findTenant, type TenantRecord } from './tenants.data.ts'

/** Leaves the tenant where it was, then cleans up where it was to go. Of a move that has ended nothing is taken back. */
export async function takeBackMove(
  parts: MoverParts,
  job: MoveJob,
  end: Exclude<MoveEnd, { step: 'moved' }>,
): Promise<void> {
  const { core, databases, directories, keptStores } = parts
  const { move, tenant, actor } = job
  // From here on nobody switches: neither a mover that lost its lock nor a commit whose answer was lost. If it has
  // switched, or somebody else has ended it, there is nothing to take back.
  if (!(await forbidSwitch(core.db, move.id))) {
    directories.forget({ kind: 'tenant', ids: [tenant.id] })
    const now = await findTenant(core.db, tenant.id)
    const isAtSource = now?.databaseServerId === move.sourceServerId && now?.databaseName === move.sourceDatabase
    if (isAtSource) await keptStores.unkeep({ move, tenant })
    return
  }
  await keptStores.unkeep({ move, tenant })
  await databases.scopeOf(tenant).writePastFence((database) => removeFence(database, tenant.id, move.id))
  await core.write(async (database) => {
    await endMove(database, { move, end, at: parts.clock.now() })
    await insertAudit(database, actor, {
      targetType: 'tenant',
      targetId: tenant.id,
      tenantId: tenant.id,
      ...(end.step === 'failed'
        ? { action: 'tenant.move_failed', outcome: 'failed', after: { failure: end.failure } }
        : { action: 'tenant.move_aborted' }),
    })
  })
  directories.forget({ kind: 'tenant', ids: [tenant.id] })
  await cleanTarget(parts, job)
}

/** What cannot be cleaned now is found by the reconciler, or by the next move. */
async function cleanTarget(parts: MoverParts, { move, tenant, locks }: MoveJob): Promise<void> {
  try {
    await locks.ensureHeld()
    const now = await findTenant(parts.core.db, tenant.id)
    // Never where the tenant lives, or is just going.
    if (!now || now.state === 'moving' || isThere(now, move)) return
    if (move.targetIsolation === 'dedicated' && move.targetServerId) {
      const server = await parts.servers.get(move.targetServerId)
      await parts.provisioner.dropStore({ number: tenant.number, server, locks })
    } else {
      const target = parts.databases.scopeOf({ ...tenant, ...pooledPlace })
      await target.writePastFence((database) => deleteTenantRows(database, tenant.id))
    }
  } catch (err) {
    parts.log.warn({ err, tenant_id: tenant.id }, 'the target of a move could not be cleaned')
  }
}

/** Whether a tenant lives where a move was to take it. */
function isThere(tenant: TenantRecord, move: TenantMove): boolean {
  return tenant.isolation === move.targetIsolation && tenant.databaseServerId === move.targetServerId
}
