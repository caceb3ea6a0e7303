import type { DatabaseServerId, TenantId } from '../platform/ids.ts'
import { type AuditActor, insertAudit } from './audit.data.ts'
import { createMoveWork } from './carry-out-move.ts'
import { type FleetLocks, withFleetLocks } from './fleet-locks.ts'
import { describePlace, type MoverParts, moveRefused } from './move-job.ts'
import type { Database } from './postgres.ts'
import { takeBackMove } from './take-back-move.ts'
import {
  findMove,
  insertMove,
  listRunningMoves,
  pooledPlace,
  requestAbort,
  type StorePlace,
  type TenantMove,
} from './tenant-moves.data.ts'
import { findTenant, type TenantRecord } from './tenants.data.ts'

/** Where a tenant is to live; without a server the least loaded one is taken. */
export type MoveTarget = { isolation: 'pooled' } | { isolation: 'dedicated'; serverId?: DatabaseServerId }

/** Moves tenants between stores while they are served. */
export interface Mover {
  /**
   * Begins a move and returns at once; the tenant goes on being served, and its writes pause for a moment at the end.
   * Throws `tenant.move_refused`, `tenant.dedicated_unavailable`.
   */
  start(tenant: TenantRecord, target: MoveTarget, actor: AuditActor): Promise<TenantMove>
  /** Ends a running move where it began; undefined when none runs. Past the switch it is too late, and nothing happens. */
  abort(tenantId: TenantId, actor: AuditActor): Promise<TenantMove | undefined>
  /** Ends moves whose server died: the tenant stays where it was. Idempotent; any replica may do it. */
  recover(): Promise<void>
  /** Ends the moves of this process; waits until their tenants are as they were. */
  stop(): Promise<void>
}

/** Recovery has no request behind it. */
const nobody: AuditActor = { actorId: null, actorEmail: null, requestId: 'recovery', address: null }

/**
 * Begins, ends and takes up moves. Whoever works on a move holds its tenant's fleet lock all the time, so a move whose
 * lock is free has nobody who works on it.
 */
export function createMover(parts: MoverParts): Mover {
  const { core, directories, clock, log } = parts
  const running = new Map<string, Promise<void>>()
  let stopping = false
  const carryOut = createMoveWork({ ...parts, isStopping: () => stopping })

  function begin(move: TenantMove, actor: AuditActor): void {
    const moving = withFleetLocks(core.directUrl, (locks) => moveUnderLock({ move, locks, actor }))
      .catch((err: unknown) => log.error({ err, tenant_id: move.tenantId }, 'a move was left to the next sweep'))
      .finally(() => running.delete(move.id))
    running.set(move.id, moving)
  }

  async function moveUnderLock(begun: { move: TenantMove; locks: FleetLocks; actor: AuditActor }): Promise<void> {
    const { move, locks } = begun
    const known = await findTenant(core.db, move.tenantId)
    if (!known) return
    await locks.tenant(known.number, async () => {
      const tenant = await findTenant(core.db, move.tenantId)
      if (tenant?.state === 'moving') await carryOut({ ...begun, tenant })
    })
  }

  async function takeUp(left: TenantMove, locks: FleetLocks): Promise<void> {
    const known = await findTenant(core.db, left.tenantId)
    if (!known) return
    await locks.tryTenant(known.number, async () => {
      const [tenant, move] = [await findTenant(core.db, left.tenantId), await findMove(core.db, left.id)]
      // It may have ended, or its server may have begun to work on it, between the two looks.
      if (!tenant || !move || move.endedAt || running.has(move.id)) return
      const failure = 'The server that moved it stopped.'
      await takeBackMove(parts, { move, tenant, locks, actor: nobody }, { step: 'failed', failure })
    })
  }

  return {
    async start(tenant, target, actor) {
      const move = await core.write(async (database) => {
        const place = await choosePlace(parts, database, tenant, target)
        const made = await insertMove(database, { tenant, target: place, startedBy: actor.actorId, at: clock.now() })
        if (!made) {
          throw moveRefused({ detail: 'Only an active tenant that is not being moved already can be moved.' })
        }
        await insertAudit(database, actor, {
          action: 'tenant.move_started',
          targetType: 'tenant',
          targetId: tenant.id,
          tenantId: tenant.id,
          before: describePlace(tenant),
          after: describePlace(place),
        })
        return made
      })
      directories.forget({ kind: 'tenant', ids: [tenant.id] })
      begin(move, actor)
      return move
    },
    abort: (tenantId, actor) =>
      core.write(async (database) => {
        const move = await requestAbort(database, tenantId)
        if (move) {
          await insertAudit(database, actor, {
            action: 'tenant.move_abort_requested',
            targetType: 'tenant',
            targetId: tenantId,
            tenantId,
          })
        }
        return move
      }),
    async recover() {
      for (const move of await listRunningMoves(core.db)) {
        if (running.has(move.id)) continue
        await withFleetLocks(core.directUrl, (locks) => takeUp(move, locks))
      }
    },
    async stop() {
      stopping = true
      await Promise.all(running.values())
    },
  }
}

/** Where a tenant is to go, in the transaction that begins its move; refuses the place where it is. */
async function choosePlace(
  parts: Pick<MoverParts, 'provisioner'>,
  database: Database,
  tenant: TenantRecord,
  target: MoveTarget,
): Promise<Pick<StorePlace, 'isolation' | 'databaseServerId'>> {
  if (target.isolation === 'pooled') {
    if (tenant.isolation === 'pooled') throw moveRefused({ detail: 'The tenant is pooled already.' })
    return pooledPlace
  }
  const { isolation, databaseServerId } = await parts.provisioner.reserve(database, target.serverId)
  if (tenant.databaseServerId === databaseServerId) {
    throw moveRefused({ detail: 'The tenant has its database on this server already. Name another one.' })
  }
  return { isolation, databaseServerId }
}
