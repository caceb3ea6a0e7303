import { and, desc, eq, isNotNull, isNull, lte, sql } from 'drizzle-orm'
import { newId, type TenantId, type UserId } from '../platform/ids.ts'
import { tenantMoves } from './core-moves.schema.ts'
import { tenants } from './core.schema.ts'
import type { Database } from './postgres.ts'
import type { TenantRecord } from './tenants.data.ts'

/** A move of a tenant, running or ended. */
export type TenantMove = typeof tenantMoves.$inferSelect

/** Where a tenant is to go: the columns of its record that say so. */
export type StorePlace = Pick<
  TenantRecord,
  'isolation' | 'databaseServerId' | 'databaseName' | 'databaseRole' | 'databasePassword' | 'storeVersion'
>

/** The place of every pooled tenant. */
export const pooledPlace: StorePlace = {
  isolation: 'pooled',
  databaseServerId: null,
  databaseName: null,
  databaseRole: null,
  databasePassword: null,
  storeVersion: null,
}

/**
 * Begins a move of an active tenant, which goes on serving. Undefined when it is not active, so also when another move
 * of it is running.
 */
export async function insertMove(
  database: Database,
  move: {
    tenant: TenantRecord
    target: Pick<StorePlace, 'isolation' | 'databaseServerId'>
    startedBy: UserId | null
    at: Date
  },
): Promise<TenantMove | undefined> {
  const { tenant, target } = move
  const [moving] = await database
    .update(tenants)
    .set({ state: 'moving', updatedAt: move.at })
    .where(and(eq(tenants.id, tenant.id), eq(tenants.state, 'active')))
    .returning({ id: tenants.id })
  if (!moving) return undefined
  const [row] = await database
    .insert(tenantMoves)
    .values({
      id: newId(),
      tenantId: tenant.id,
      sourceIsolation: tenant.isolation,
      sourceServerId: tenant.databaseServerId,
      sourceDatabase: tenant.databaseName,
      targetIsolation: target.isolation,
      targetServerId: target.databaseServerId,
      startedBy: move.startedBy,
      startedAt: move.at,
    })
    .returning()
  return row
}

/** Changes what is known of a running move; undefined once it has ended. */
export async function updateMove(
  database: Database,
  id: string,
  changes: Partial<typeof tenantMoves.$inferInsert>,
): Promise<TenantMove | undefined> {
  const [row] = await database
    .update(tenantMoves)
    .set(changes)
    .where(and(eq(tenantMoves.id, id), isNull(tenantMoves.endedAt)))
    .returning()
  return row
}

/** One move as it is now. */
export async function findMove(database: Database, id: string): Promise<TenantMove | undefined> {
  const [row] = await database.select().from(tenantMoves).where(eq(tenantMoves.id, id))
  return row
}

/** A tenant's newest move. */
export async function findNewestMove(database: Database, tenantId: TenantId): Promise<TenantMove | undefined> {
  const [row] = await listMoves(database, { tenantId, limit: 1 })
  return row
}

/** A tenant's moves, newest first. */
export function listMoves(database: Database, wanted: { tenantId: TenantId; limit: number }): Promise<TenantMove[]> {
  return database
    .select()
    .from(tenantMoves)
    .where(eq(tenantMoves.tenantId, wanted.tenantId))
    .orderBy(desc(tenantMoves.startedAt), desc(tenantMoves.id))
    .limit(wanted.limit)
}

/** Moves that have not ended, whoever works on them. */
export function listRunningMoves(database: Database): Promise<TenantMove[]> {
  return database.select().from(tenantMoves).where(isNull(tenantMoves.endedAt))
}

/** Moves whose former store is still there, and may go by now; of one tenant, all that are still there. */
export function listKeptSources(database: Database, which: { until: Date } | TenantId): Promise<TenantMove[]> {
  return database
    .select()
    .from(tenantMoves)
    .where(
      typeof which === 'string'
        ? and(eq(tenantMoves.tenantId, which), isNotNull(tenantMoves.sourceKeptUntil))
        : lte(tenantMoves.sourceKeptUntil, which.until),
    )
}

/** Notes that a former store is gone. */
export async function noteSourceGone(database: Database, id: string): Promise<void> {
  await database.update(tenantMoves).set({ sourceKeptUntil: null }).where(eq(tenantMoves.id, id))
}

/** Asks whoever works on a tenant's move to stop; undefined when none runs. */
export async function requestAbort(database: Database, tenantId: TenantId): Promise<TenantMove | undefined> {
  const [row] = await database
    .update(tenantMoves)
    .set({ abortRequested: true })
    .where(and(eq(tenantMoves.tenantId, tenantId), isNull(tenantMoves.endedAt)))
    .returning()
  return row
}

/** Makes writes to a tenant wait, or lets them go on. */
export async function setFenced(database: Database, id: TenantId, at: Date | null): Promise<void> {
  await database
    .update(tenants)
    .set({ fencedAt: at })
    .where(and(eq(tenants.id, id), eq(tenants.state, 'moving')))
}

/**
 * Forbids the switch of a running move, whoever works on it: an abort that was asked for counts until the very
 * transaction that switches. Undefined once it has ended.
 */
export function forbidSwitch(database: Database, id: string): Promise<TenantMove | undefined> {
  return updateMove(database, id, { abortRequested: true })
}

/** How a move ended: in the other store, or where it began. */
export type MoveEnd =
  | { step: 'moved'; place: StorePlace; pausedMs: number; sourceKeptUntil: Date }
  | { step: 'aborted' }
  | { step: 'failed'; failure: string }

/**
 * Puts a moving tenant into another store, or back to the one it never left, and ends its move; all replicas hear of it.
 * To be called in a transaction: throws when the move has ended, or may not switch any more.
 */
export async function endMove(
  database: Database,
  { move, end, at }: { move: TenantMove; end: MoveEnd; at: Date },
): Promise<void> {
  const moved = end.step === 'moved' ? end : undefined
  const [tenant] = await database
    .update(tenants)
    .set({ ...moved?.place, state: 'active', fencedAt: null, updatedAt: at })
    .where(and(eq(tenants.id, move.tenantId), eq(tenants.state, 'moving')))
    .returning({ id: tenants.id })
  const [row] = await database
    .update(tenantMoves)
    .set({
      step: end.step,
      failure: end.step === 'failed' ? end.failure : null,
      pausedMs: moved?.pausedMs,
      sourceKeptUntil: moved?.sourceKeptUntil,
      endedAt: at,
    })
    .where(
      and(
        eq(tenantMoves.id, move.id),
        isNull(tenantMoves.endedAt),
        moved ? eq(tenantMoves.abortRequested, false) : undefined,
      ),
    )
    .returning({ id: tenantMoves.id })
  if (!row || (moved && !tenant)) throw new Error('the move was ended by somebody else')
}

/** Adds rows to those that a move has copied. */
export async function addCopiedRows(database: Database, id: string, rows: number): Promise<TenantMove | undefined> {
  const [row] = await database
    .update(tenantMoves)
    .set({ rowsCopied: sql`${tenantMoves.rowsCopied} + ${rows}` })
    .where(and(eq(tenantMoves.id, id), isNull(tenantMoves.endedAt)))
    .returning()
  return row
}
