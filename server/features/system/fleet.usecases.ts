import { type AuditActor, insertAudit } from '../../data/audit.data.ts'
import type { CoreDatabase } from '../../data/core-database.ts'
import type { DatabaseServers } from '../../data/database-servers.ts'
import type { Directories } from '../../data/directories.ts'
import {
  countStoreVersions,
  type FailedStore,
  listFailedStores,
  listKeptStores,
  listMovesUnderWay,
} from '../../data/fleet-state.data.ts'
import { lookAtServers, type ServerLook } from '../../data/look-at-servers.ts'
import { migrateFleet } from '../../data/migrate-fleet.ts'
import { storeMigrations } from '../../data/migrate.ts'
import type { Provisioner } from '../../data/provision-tenant.ts'
import type { TenantDatabases } from '../../data/tenant-databases.ts'
import { describeConnections } from '../../http/connection-figures.ts'
import { withDeadline } from '../../platform/deadline.ts'
import type { Log } from '../../platform/log.ts'
import type { FleetView } from './fleet.schemas.ts'

/** What looking after the fleet stands on. */
export interface FleetParts {
  core: CoreDatabase
  servers: DatabaseServers
  databases: TenantDatabases
  directories: Directories
  provisioner: Provisioner
  log: Log
}

const retryWaitedMs = 10_000

/** How the databases of dedicated tenants are; a server that does not answer is told as such. */
export async function readFleet(parts: FleetParts): Promise<FleetView> {
  const { db } = parts.core
  const { version } = storeMigrations()
  const [versions, failed, servers, moves, kept] = await Promise.all([
    countStoreVersions(db),
    listFailedStores(db, version),
    lookAtServers(parts),
    listMovesUnderWay(db),
    listKeptStores(db),
  ])
  const figures = parts.databases.figures()
  const sum = (counted: typeof versions): number => counted.reduce((total, { tenants }) => total + tenants, 0)
  return {
    migrations: {
      version,
      tenants: sum(versions),
      behind: sum(versions.filter((found) => (found.version ?? 0) < version)),
      versions,
      failed: failed.map(describeFailed),
    },
    servers: servers.map((look) => describeServer(look, describeConnections(figures.get(look.record.id)))),
    moves: moves.map((move) => ({
      id: move.id,
      tenant_id: move.tenantId,
      tenant_name: move.tenantName,
      source: { isolation: move.sourceIsolation, database_server_id: move.sourceServerId },
      target: { isolation: move.targetIsolation, database_server_id: move.targetServerId },
      step: move.step,
      rows_total: move.rowsTotal,
      rows_copied: move.rowsCopied,
      started_at: move.startedAt.toISOString(),
    })),
    kept: kept.map((store) => ({
      tenant_id: store.tenantId,
      database_server_id: store.serverId,
      database_name: store.databaseName,
      until: store.until.toISOString(),
    })),
  }
}

/**
 * Tries every dedicated store again that could not be made or migrated. Audited. Waits at most 10 s; what takes longer
 * goes on by itself.
 * @returns whether all of them were tried by then
 */
export async function retryFailedStores(parts: FleetParts, actor: AuditActor): Promise<boolean> {
  const failed = await listFailedStores(parts.core.db, storeMigrations().version)
  await insertAudit(parts.core.db, actor, {
    action: 'fleet.migrations_retried',
    targetType: 'system',
    targetId: null,
    before: { failed: failed.map(({ tenantId }) => tenantId) },
  })
  const late = new Error('it takes longer')
  const trying = tryAgain(parts, failed).catch((err: unknown) => {
    parts.log.error({ err }, 'failed stores could not be tried again')
    throw err
  })
  try {
    await withDeadline(trying, retryWaitedMs, () => late)
    return true
  } catch (error) {
    if (error !== late) throw error
    return false
  }
}

async function tryAgain(parts: FleetParts, failed: FailedStore[]): Promise<void> {
  const { applied } = await migrateFleet({ ...parts, db: parts.core.db, retryFailed: true })
  parts.directories.forget({ kind: 'tenant', ids: applied })
  const unmade = failed.filter(({ storeVersion }) => storeVersion === null)
  for (const { tenantId } of unmade) await parts.provisioner.retry(tenantId)
}

function describeFailed(store: FailedStore): FleetView['migrations']['failed'][number] {
  const { tenantId, name, storeVersion, failure, error, at } = store
  return { tenant_id: tenantId, name, version: storeVersion, failure, error, at: at.toISOString() }
}

function describeServer(
  { record, found }: ServerLook,
  connections: FleetView['servers'][number]['connections'],
): FleetView['servers'][number] {
  return {
    id: record.id,
    name: record.name,
    is_built_in: record.isBuiltIn,
    status: found ? 'healthy' : 'unhealthy',
    version: found?.version ?? null,
    latency_ms: found?.latencyMs ?? null,
    tenants: record.tenants,
    template_version: found?.templateVersion ?? null,
    connections,
    set_aside: (found?.setAside ?? []).map(({ databaseName, tenantNumber, bytes }) => ({
      database_name: databaseName,
      tenant_number: tenantNumber,
      bytes,
    })),
  }
}
