import { sql } from 'drizzle-orm'
import type { Clock } from '../platform/clock.ts'
import { AppError, defineError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { type AuditActor, insertAudit } from './audit.data.ts'
import { deleteTenantRows } from './conversations.data.ts'
import {
  applyDifferences,
  copyRows,
  countStoreRows,
  findDifferences,
  markRanges,
  type RangeMarks,
  type RangeStarts,
} from './copy-store.ts'
import type { CoreDatabase } from './core-database.ts'
import type { DatabaseServers } from './database-servers.ts'
import type { Directories } from './directories.ts'
import type { FleetLocks } from './fleet-locks.ts'
import { type KeptStores, removeFence } from './kept-stores.ts'
import type { Provisioner } from './provision-tenant.ts'
import type { TenantDatabases } from './tenant-databases.ts'
import type { TenantScope } from './tenant-scope.ts'
import {
  addCopiedRows,
  endMove,
  findMove,
  forbidSwitch,
  pooledPlace,
  setFenced,
  type StorePlace,
  type TenantMove,
  updateMove,
} from './tenant-moves.data.ts'
import { findTenant, type TenantRecord } from './tenants.data.ts'

/** The tenant cannot be moved now, or not there. */
export const moveRefused = defineError({
  code: 'tenant.move_refused',
  status: 409,
  title: 'The tenant cannot be moved',
})

/** What moving stands on. */
export interface MoverParts {
  core: CoreDatabase
  servers: DatabaseServers
  databases: TenantDatabases
  directories: Directories
  provisioner: Provisioner
  keptStores: KeptStores
  clock: Clock
  log: Log
}

const keptMs = 7 * 86_400_000
/** Below that many changed rows the rest fits into the pause. */
const changesBeforePauseMax = 200
const catchUpsMax = 8
const pausesMax = 3
/** Longer than this no write waits: the pause is given up and tried again later. */
const pauseMsMax = 4_000
const lockTimeoutMs = 1_500

/** A move that is carried out under its tenant's lock. */
export interface Job {
  move: TenantMove
  tenant: TenantRecord
  locks: FleetLocks
  actor: AuditActor
}

/** Both stores, and how far they are the same. */
interface Sides {
  source: TenantScope
  target: TenantScope
  starts: RangeStarts
  /** The source's marks at the last moment that the target was made equal to. */
  equalAt?: RangeMarks
}

/** What ends a move early without being a failure. */
class MoveAborted extends Error {}

/** Carries moves out, and takes back those that did not come to their end. */
export interface MoveWork {
  /** Moves the tenant, or leaves it where it was and says why in the move's record. */
  carryOut(job: Job): Promise<void>
  /** Leaves the tenant where it was, then cleans up where it was to go. `failure` null: somebody ended it. */
  rollBack(job: Job, failure: string | null): Promise<void>
}

/**
 * Copies a snapshot while the tenant is served, then what changed meanwhile, until little is left; then writes pause,
 * the last changes follow, both sides are compared hash by hash, and one transaction of the core database switches the
 * tenant. A fence in the former store refuses whoever still believes that the tenant is there.
 * @param parts.isStopping whether this process ends: then so do its moves
 */
export function createMoveWork(parts: MoverParts & { isStopping: () => boolean }): MoveWork {
  const { core, databases, directories, provisioner, keptStores, clock, log } = parts

  async function carryOut(job: Job): Promise<void> {
    const { move, tenant } = job
    try {
      const place = await prepareTarget(job)
      const sides = await copySnapshot(job, place)
      await catchUp(job, sides)
      await switchOver(job, place, sides)
      log.info({ tenant_id: tenant.id, move_id: move.id }, 'a tenant was moved')
    } catch (err) {
      const isAborted = err instanceof MoveAborted
      if (!isAborted) log.error({ err, tenant_id: tenant.id, move_id: move.id }, 'a tenant could not be moved')
      await rollBack(job, isAborted ? null : describeFailure(err))
    }
  }

  async function prepareTarget(job: Job): Promise<StorePlace> {
    const { move, tenant } = job
    const place = move.targetIsolation === 'pooled' ? pooledPlace : await makeTarget(job)
    if (place.isolation === 'pooled') await keptStores.giveUpPooled(tenant.id)
    // A former move may have left rows there.
    await databases.scopeOf({ ...tenant, ...place }).writePastFence((target) => deleteTenantRows(target, tenant.id))
    return place
  }

  async function makeTarget({ move, tenant, locks }: Job): Promise<StorePlace> {
    if (!move.targetServerId) throw new Error('a move to a dedicated store without a server')
    const server = await parts.servers.get(move.targetServerId)
    const made = await provisioner.provisionStore({ tenant, server, locks })
    await updateMove(core.db, move.id, { targetDatabase: made.databaseName })
    return { isolation: 'dedicated', ...made }
  }

  async function copySnapshot({ move, tenant }: Job, place: StorePlace): Promise<Sides> {
    const source = databases.scopeOf(tenant)
    const target = databases.scopeOf({ ...tenant, ...place })
    const starts = await source.snapshot(async (from) => {
      await note(move, { step: 'copying', rowsTotal: await countStoreRows(from, tenant.id) })
      return copyRows(from, {
        tenantId: tenant.id,
        insert: async (write, rows) => {
          await target.writePastFence(write)
          ensureGoesOn(await addCopiedRows(core.db, move.id, rows))
        },
      })
    })
    return { source, target, starts }
  }

  async function catchUp(job: Job, sides: Sides): Promise<void> {
    for (let round = 0; round < catchUpsMax; round += 1) {
      const changed = await align(job, sides)
      await note(job.move, { step: 'copying' })
      if (changed <= changesBeforePauseMax && round > 0) return
    }
  }

  /** Makes the target like a snapshot of the source; returns how many rows were different. */
  function align({ tenant }: Job, sides: Sides): Promise<number> {
    const tenantId = tenant.id
    const { source, target, starts } = sides
    return source.snapshot(async (from) => {
      const now = await markRanges(from, { tenantId, starts })
      const marks = { now, equal: sides.equalAt }
      const differences = await target.snapshot((to) =>
        findDifferences({ source: from, target: to }, { tenantId, starts, marks }),
      )
      if (differences.length > 0) {
        await target.writePastFence((to) => applyDifferences({ source: from, target: to }, { tenantId, differences }))
        // Looked at once more: what was written is compared like everything else.
        const left = await target.snapshot((to) =>
          findDifferences({ source: from, target: to }, { tenantId, starts, marks }),
        )
        if (left.length > 0) throw new Error(`the target does not take ${left.map(({ table }) => table).join(', ')}`)
      }
      sides.equalAt = now
      return differences.reduce((sum, { stale, surplus }) => sum + stale.length + surplus.length, 0)
    })
  }

  async function switchOver(job: Job, place: StorePlace, sides: Sides): Promise<void> {
    await note(job.move, { step: 'pausing' })
    for (let attempt = 1; ; attempt += 1) {
      const pausedAtMs = clock.monotonicMs()
      const elapsedMs = (): number => Math.round(clock.monotonicMs() - pausedAtMs)
      await pause(job, sides.source)
      await align(job, sides)
      await ensureSameCounts(job, sides)
      if (elapsedMs() < pauseMsMax) {
        await commitSwitch(job, { place, sides, elapsedMs })
        return
      }
      await resume(job, sides.source)
      if (attempt === pausesMax) {
        throw moveRefused({ detail: 'The tenant changes faster than it can be copied. Try again when it is quieter.' })
      }
      await catchUp(job, sides)
    }
  }

  /** Nothing writes on either side: whatever was overlooked range by range must not get past this. */
  async function ensureSameCounts({ tenant }: Job, { source, target }: Sides): Promise<void> {
    const [left, arrived] = await Promise.all(
      [source, target].map((side) => side.read((database) => countStoreRows(database, tenant.id))),
    )
    if (left !== arrived) throw new Error(`the source has ${left} rows, the target ${arrived}`)
  }

  /** Adds the fence, then waits for the writes that were under way. */
  async function pause({ move, tenant }: Job, source: TenantScope): Promise<void> {
    await setFenced(core.db, tenant.id, clock.now())
    directories.forget({ kind: 'tenant', ids: [tenant.id] })
    await source.writePastFence((database) =>
      database.execute(sql`insert into tenant.fences (tenant_id, move_id) values (${tenant.id}, ${move.id})
        on conflict (tenant_id) do update set move_id = excluded.move_id`),
    )
    await source.writePastFence(async (database) => {
      await database.execute(sql.raw(`set local lock_timeout = ${lockTimeoutMs}`))
      await database.execute(sql`select tenant.await_writes(${tenant.id})`)
    })
  }

  async function resume({ move, tenant }: Job, source: TenantScope): Promise<void> {
    await source.writePastFence((database) => removeFence(database, tenant.id, move.id))
    await setFenced(core.db, tenant.id, null)
    directories.forget({ kind: 'tenant', ids: [tenant.id] })
  }

  async function commitSwitch(
    { move, tenant, locks, actor }: Job,
    { place, sides, elapsedMs }: { place: StorePlace; sides: Sides; elapsedMs: () => number },
  ): Promise<void> {
    // Rows that a former move left there have been replaced, and so is their fence.
    await sides.target.writePastFence((database) => removeFence(database, tenant.id))
    await locks.ensureHeld()
    ensureGoesOn(await findMove(core.db, move.id))
    await keptStores.keep({ move, tenant })
    const at = clock.now()
    const pausedMs = elapsedMs()
    await core.write(async (database) => {
      await endMove(database, {
        move,
        place,
        step: 'moved',
        failure: null,
        pausedMs,
        sourceKeptUntil: new Date(at.getTime() + keptMs),
        at,
      })
      await insertAudit(database, actor, {
        action: 'tenant.moved',
        targetType: 'tenant',
        targetId: tenant.id,
        tenantId: tenant.id,
        before: describePlace(tenant),
        after: { ...describePlace(place), paused_ms: pausedMs },
      })
    })
    directories.forget({ kind: 'tenant', ids: [tenant.id] })
  }

  async function rollBack(job: Job, failure: string | null): Promise<void> {
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
      await endMove(database, {
        move,
        place: undefined,
        step: failure === null ? 'aborted' : 'failed',
        failure,
        pausedMs: null,
        sourceKeptUntil: null,
        at: clock.now(),
      })
      await insertAudit(database, actor, {
        action: failure === null ? 'tenant.move_aborted' : 'tenant.move_failed',
        targetType: 'tenant',
        targetId: tenant.id,
        tenantId: tenant.id,
        outcome: failure === null ? 'done' : 'failed',
        after: failure === null ? undefined : { failure },
      })
    })
    directories.forget({ kind: 'tenant', ids: [tenant.id] })
    await cleanTarget(job)
  }

  /** What cannot be cleaned now is found by the reconciler, or by the next move. */
  async function cleanTarget({ move, tenant, locks }: Job): Promise<void> {
    try {
      await locks.ensureHeld()
      const now = await findTenant(core.db, tenant.id)
      // Never where the tenant lives, or is just going.
      if (!now || now.state === 'moving' || isThere(now, move)) return
      if (move.targetIsolation === 'dedicated' && move.targetServerId) {
        const server = await parts.servers.get(move.targetServerId)
        await provisioner.dropStore({ number: tenant.number, server, locks })
      } else {
        const target = databases.scopeOf({ ...tenant, ...pooledPlace })
        await target.writePastFence((database) => deleteTenantRows(database, tenant.id))
      }
    } catch (err) {
      log.warn({ err, tenant_id: tenant.id }, 'the target of a move could not be cleaned')
    }
  }

  /** Notes how far a move is, and ends it here if somebody asked for that. */
  async function note(move: TenantMove, changes: Pick<Partial<TenantMove>, 'step' | 'rowsTotal'>): Promise<void> {
    ensureGoesOn(await updateMove(core.db, move.id, changes))
  }

  function ensureGoesOn(move: TenantMove | undefined): void {
    if (parts.isStopping() || !move || move.abortRequested) throw new MoveAborted()
  }

  return { carryOut, rollBack }
}

/** Whether a tenant lives where a move was to take it. */
function isThere(tenant: TenantRecord, move: TenantMove): boolean {
  return tenant.isolation === move.targetIsolation && tenant.databaseServerId === move.targetServerId
}

/** A place as the audit log has it. */
export function describePlace(place: Pick<StorePlace, 'isolation' | 'databaseServerId'>): Record<string, unknown> {
  return { isolation: place.isolation, database_server_id: place.databaseServerId }
}

/** For those who manage the tenant; a server's own text goes to the log only. */
function describeFailure(error: unknown): string {
  return error instanceof AppError ? error.detail : 'A database did not answer as it should; the log tells more.'
}
