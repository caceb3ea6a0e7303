import { sql } from 'drizzle-orm'
import type { Clock } from '../platform/clock.ts'
import type { TenantId } from '../platform/ids.ts'
import type { Log } from '../platform/log.ts'
import { deleteTenantRows } from './conversations.data.ts'
import type { CoreDatabase } from './core-database.ts'
import type { DatabaseServers } from './database-servers.ts'
import { withFleetLocks } from './fleet-locks.ts'
import type { Database } from './postgres.ts'
import { dropStore, keptStampOf, restampDatabase, stampOf, type StoreOwner } from './provision-store.ts'
import { withOwner } from './owner-connection.ts'
import type { TenantDatabases } from './tenant-databases.ts'
import { listKeptSources, noteSourceGone, pooledPlace, type TenantMove } from './tenant-moves.data.ts'
import { findTenant, type TenantRecord } from './tenants.data.ts'

/** The stores that tenants were moved away from; they are kept for a while and then destroyed. */
export interface KeptStores {
  /** Before the switch: a database that is left is nobody's store any more. A pooled one keeps its fence. */
  keep(left: { move: TenantMove; tenant: TenantRecord }): Promise<void>
  /** After a failure: the database is the tenant's store again. Idempotent. */
  unkeep(left: { move: TenantMove; tenant: TenantRecord }): Promise<void>
  /** Before the tenant comes back to the pooled store: what it left there is not kept any longer. */
  giveUpPooled(tenantId: TenantId): Promise<void>
  /** Destroys those whose time is over; any replica may. */
  sweep(): Promise<void>
  /** Destroys all of a tenant that is purged. Safe to repeat. Returns how many there were. */
  purge(tenant: TenantRecord): Promise<number>
}

/** Keeps, gives back and destroys. */
export function createKeptStores(parts: {
  core: CoreDatabase
  servers: DatabaseServers
  databases: TenantDatabases
  clock: Clock
  log: Log
}): KeptStores {
  const { core, servers, databases, clock, log } = parts
  const ownerOf = ({ number }: TenantRecord): StoreOwner => ({ installationId: core.installationId, number })

  async function restamp(left: { move: TenantMove; tenant: TenantRecord }, isKept: boolean): Promise<void> {
    const { sourceServerId, id } = left.move
    if (!sourceServerId) return
    const [own, kept] = [stampOf(ownerOf(left.tenant)), keptStampOf(ownerOf(left.tenant), id)]
    const server = await servers.get(sourceServerId)
    await withOwner(server.ownerUrl, (owner) =>
      restampDatabase(owner, isKept ? { from: own, to: kept } : { from: kept, to: own }),
    )
  }

  /** Under the tenant's lock, so that no move of it begins meanwhile. */
  async function destroy(move: TenantMove, tenant: TenantRecord): Promise<void> {
    if (move.sourceServerId) {
      const server = await servers.get(move.sourceServerId)
      const owner = ownerOf(tenant)
      await withOwner(server.ownerUrl, (connection) =>
        dropStore(connection, { owner, stamp: keptStampOf(owner, move.id) }),
      )
    } else if (tenant.isolation === 'dedicated') {
      await databases.scopeOf({ ...tenant, ...pooledPlace }).writePastFence(async (database) => {
        await deleteTenantRows(database, tenant.id)
        await removeFence(database, tenant.id)
      })
    }
    await noteSourceGone(core.db, move.id)
  }

  return {
    keep: (left) => restamp(left, true),
    unkeep: (left) => restamp(left, false),
    async giveUpPooled(tenantId) {
      const kept = await listKeptSources(core.db, tenantId)
      for (const { id, sourceServerId } of kept) if (!sourceServerId) await noteSourceGone(core.db, id)
    },
    async sweep() {
      for (const move of await listKeptSources(core.db, { until: clock.now() })) {
        const tenant = await findTenant(core.db, move.tenantId)
        if (!tenant) continue
        await withFleetLocks(core.directUrl, (locks) =>
          locks.tryTenant(tenant.number, async () => {
            const now = await findTenant(core.db, tenant.id)
            if (now && now.state !== 'moving') await destroy(move, now)
          }),
        ).catch((err: unknown) => log.warn({ err, tenant_id: tenant.id }, 'a former store could not be destroyed'))
      }
    },
    async purge(tenant) {
      const kept = await listKeptSources(core.db, tenant.id)
      for (const move of kept) await destroy(move, tenant)
      return kept.length
    },
  }
}

/**
 * Lets a tenant's writes into a store again. Runs past the fence.
 * @param moveId only the fence of this move
 */
export async function removeFence(database: Database, tenantId: TenantId, moveId?: string): Promise<void> {
  const ofMove = moveId === undefined ? sql`true` : sql`move_id = ${moveId}`
  await database.execute(sql`delete from tenant.fences where tenant_id = ${tenantId} and ${ofMove}`)
}
