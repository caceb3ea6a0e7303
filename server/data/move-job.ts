import type { Clock } from '../platform/clock.ts'
import { defineError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { AuditActor } from './audit.data.ts'
import type { CoreDatabase } from './core-database.ts'
import type { DatabaseServers } from './database-servers.ts'
import type { Directories } from './directories.ts'
import type { FleetLocks } from './fleet-locks.ts'
import type { KeptStores } from './kept-stores.ts'
import type { Provisioner } from './provision-tenant.ts'
import type { TenantDatabases } from './tenant-databases.ts'
import type { StorePlace, TenantMove } from './tenant-moves.data.ts'
import type { TenantRecord } from './tenants.data.ts'

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

/** A move that somebody works on, under its tenant's fleet lock. */
export interface MoveJob {
  move: TenantMove
  tenant: TenantRecord
  locks: FleetLocks
  actor: AuditActor
}

/** A place as the audit log has it. */
export function describePlace(place: Pick<StorePlace, 'isolation' | 'databaseServerId'>): Record<string, unknown> {
  return { isolation: place.isolation, database_server_id: place.databaseServerId }
}
