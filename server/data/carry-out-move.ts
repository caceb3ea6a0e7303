import { sql } from 'drizzle-orm'
import { AppError } from '../platform/errors.ts'
import { alignStores, ensureSameCounts, type StorePair } from './align-stores.ts'
import { insertAudit } from './audit.data.ts'
import { deleteTenantRows } from './conversations.data.ts'
import { copyRows, countStoreRows } from './copy-store.ts'
import { removeFence } from './kept-stores.ts'
import { describePlace, type MoveJob, type MoverParts, moveRefused } from './move-job.ts'
import { takeBackMove } from './take-back-move.ts'
import { storeUnavailable } from './tenant-databases.ts'
import {
  addCopiedRows,
  endMove,
  findMove,
  pooledPlace,
  setFenced,
  type StorePlace,
  type TenantMove,
  updateMove,
} from './tenant-moves.data.ts'

const keptMs = 7 * 86_400_000
/** Below that many changed rows the rest fits into the pause. */
const changesBeforePauseMax = 200
const catchUpsMax = 8
const pausesMax = 3
/** Longer than this no write waits: the pause is given up and tried again later. */
const pauseMsMax = 4_000
const lockTimeoutMs = 1_500

/** A move whose target has the first copy. */
interface CopiedJob extends MoveJob {
  place: StorePlace
  pair: StorePair
}

/** What ends a move early without being a failure. */
class MoveAborted extends Error {}

/**
 * Moves tenants: copies a snapshot while the tenant is served, then what changed meanwhile, until little is left; then
 * writes pause, the last changes follow, both sides are compared hash by hash, and one transaction of the core database
 * switches the tenant. A fence in the former store refuses whoever still believes that the tenant is there.
 * @param parts.isStopping whether this process ends: then so do its moves
 * @returns moves one tenant, or leaves it where it was and says why in the move's record
 */
export function createMoveWork(parts: MoverParts & { isStopping: () => boolean }): (job: MoveJob) => Promise<void> {
  const { core, databases, directories, provisioner, keptStores, clock, log } = parts

  async function carryOut(job: MoveJob): Promise<void> {
    const { move, tenant } = job
    try {
      const copied = await copySnapshot(job, await prepareTarget(job))
      await catchUp(copied)
      await switchOver(copied)
      log.info({ tenant_id: tenant.id, move_id: move.id }, 'a tenant was moved')
    } catch (err) {
      const isAborted = err instanceof MoveAborted
      if (!isAborted) log.error({ err, tenant_id: tenant.id, move_id: move.id }, 'a tenant could not be moved')
      await takeBackMove(
        parts,
        job,
        isAborted ? { step: 'aborted' } : { step: 'failed', failure: describeFailure(err) },
      )
    }
  }

  async function prepareTarget(job: MoveJob): Promise<StorePlace> {
    const { move, tenant } = job
    const place = move.targetIsolation === 'pooled' ? pooledPlace : await makeTarget(job)
    if (place.isolation === 'pooled') await keptStores.giveUpPooled(tenant.id)
    // A former move may have left rows there.
    await databases
      .scopeOf({ ...tenant, ...place, isTarget: true })
      .writePastFence((target) => deleteTenantRows(target, tenant.id))
    return place
  }

  async function makeTarget({ move, tenant, locks }: MoveJob): Promise<StorePlace> {
    if (!move.targetServerId) throw new Error('a move to a dedicated store without a server')
    const server = await parts.servers.get(move.targetServerId)
    const made = await provisioner.provisionStore({ tenant, server, locks }).catch((cause: unknown) => {
      if (cause instanceof AppError) throw cause
      const detail = `A database could not be made on “${server.record.name}”; the log tells more.`
      throw storeUnavailable({ detail, cause })
    })
    await updateMove(core.db, move.id, { targetDatabase: made.databaseName })
    return { isolation: 'dedicated', ...made }
  }

  async function copySnapshot(job: MoveJob, place: StorePlace): Promise<CopiedJob> {
    const { move, tenant } = job
    const source = databases.scopeOf(tenant)
    const target = databases.scopeOf({ ...tenant, ...place, isTarget: true })
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
    return { ...job, place, pair: { tenantId: tenant.id, source, target, starts } }
  }

  async function catchUp({ move, pair }: CopiedJob): Promise<void> {
    for (let round = 0; round < catchUpsMax; round += 1) {
      const changed = await alignStores(pair)
      await note(move, { step: 'copying' })
      if (changed <= changesBeforePauseMax && round > 0) return
    }
  }

  async function switchOver(job: CopiedJob): Promise<void> {
    await note(job.move, { step: 'pausing' })
    for (let attempt = 1; ; attempt += 1) {
      const pausedAtMs = clock.monotonicMs()
      const elapsedMs = (): number => Math.round(clock.monotonicMs() - pausedAtMs)
      await pause(job)
      await alignStores(job.pair)
      await ensureSameCounts(job.pair)
      if (elapsedMs() < pauseMsMax) {
        await commitSwitch(job, elapsedMs)
        return
      }
      await resume(job)
      if (attempt === pausesMax) {
        throw moveRefused({ detail: 'The tenant changes faster than it can be copied. Try again when it is quieter.' })
      }
      await catchUp(job)
    }
  }

  /** Adds the fence, then waits for the writes that were under way. */
  async function pause({ move, tenant, pair: { source } }: CopiedJob): Promise<void> {
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

  async function resume({ move, tenant, pair: { source } }: CopiedJob): Promise<void> {
    await source.writePastFence((database) => removeFence(database, tenant.id, move.id))
    await setFenced(core.db, tenant.id, null)
    directories.forget({ kind: 'tenant', ids: [tenant.id] })
  }

  async function commitSwitch(job: CopiedJob, elapsedMs: () => number): Promise<void> {
    const { move, tenant, locks, actor, place, pair } = job
    // Rows that a former move left there have been replaced, and so is their fence.
    await pair.target.writePastFence((database) => removeFence(database, tenant.id))
    await locks.ensureHeld()
    ensureGoesOn(await findMove(core.db, move.id))
    await keptStores.keep({ move, tenant })
    const at = clock.now()
    const pausedMs = elapsedMs()
    await core.write(async (database) => {
      const sourceKeptUntil = new Date(at.getTime() + keptMs)
      await endMove(database, { move, end: { step: 'moved', place, pausedMs, sourceKeptUntil }, at })
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

  /** Notes how far a move is, and ends it here if somebody asked for that. */
  async function note(move: TenantMove, changes: Pick<Partial<TenantMove>, 'step' | 'rowsTotal'>): Promise<void> {
    ensureGoesOn(await updateMove(core.db, move.id, changes))
  }

  function ensureGoesOn(move: TenantMove | undefined): void {
    if (parts.isStopping() || !move || move.abortRequested) throw new MoveAborted()
  }

  return carryOut
}

/** For those who manage the tenant; a server's own text goes to the log only. */
function describeFailure(error: unknown): string {
  return error instanceof AppError ? error.detail : 'A database did not answer as it should; the log tells more.'
}
