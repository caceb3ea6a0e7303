import { AppError } from '../platform/errors.ts'
import type { DatabaseServerId, TenantId } from '../platform/ids.ts'
import type { Log } from '../platform/log.ts'
import type { DatabaseServers } from './database-servers.ts'
import { migrateStore, storeMigrations } from './migrate.ts'
import { type Database, serverErrorOf } from './postgres.ts'
import { failTenant, listOutdatedTenants, noteMigration, raiseStoreVersion } from './tenant-provisioning.data.ts'
import type { TenantRecord } from './tenants.data.ts'

/** What a run over the dedicated stores came to. */
export interface FleetMigration {
  applied: TenantId[]
  /** Their state says so, and why; a later run tries again. */
  failed: TenantId[]
  /** Their server could not be reached; they are not served until a later run reaches it. */
  waiting: TenantId[]
}

const atOnceMax = 8

/**
 * Brings the dedicated stores that are behind up to date, eight at a time, each outcome recorded: one that fails marks
 * its tenant and the others go on; a rerun does only what is not done. Replicas may call it at the same time, as each
 * store's migration holds a lock in that store.
 * @param retryFailed false leaves out those whose migration failed before
 */
export async function migrateFleet(parts: {
  db: Database
  servers: DatabaseServers
  log: Log
  retryFailed: boolean
}): Promise<FleetMigration> {
  const { db, servers, log } = parts
  const { version } = storeMigrations()
  const outcome: FleetMigration = { applied: [], failed: [], waiting: [] }
  const unreachable = new Set<DatabaseServerId>()
  const queue = await listOutdatedTenants(db, { version, withFailed: parts.retryFailed })

  async function migrateOne(tenant: TenantRecord): Promise<void> {
    const { id, databaseServerId, databaseName } = tenant
    if (!databaseServerId || databaseName === null) return
    if (unreachable.has(databaseServerId)) {
      outcome.waiting.push(id)
      return
    }
    const startedMs = performance.now()
    try {
      const server = await servers.get(databaseServerId)
      await migrateStore(server.ownerUrlOf(databaseName))
      const ms = Math.round(performance.now() - startedMs)
      await noteMigration(db, { tenantId: id, version, state: 'applied', error: null, ms })
      await raiseStoreVersion(db, id, version)
      outcome.applied.push(id)
    } catch (err) {
      log.error({ err, tenant_id: id }, "a tenant's database could not be migrated")
      const refusal = findRefusal(err)
      if (!refusal) {
        unreachable.add(databaseServerId)
        outcome.waiting.push(id)
        return
      }
      const ms = Math.round(performance.now() - startedMs)
      const error = quoteRefusal(refusal).slice(0, errorCharactersMax)
      await noteMigration(db, { tenantId: id, version, state: 'failed', error, ms })
      await failTenant(db, id, describeFailure(refusal))
      outcome.failed.push(id)
    }
  }

  async function work(): Promise<void> {
    for (let tenant = queue.shift(); tenant; tenant = queue.shift()) await migrateOne(tenant)
  }
  await Promise.all(Array.from({ length: atOnceMax }, work))
  return outcome
}

const errorCharactersMax = 500

/** What the store itself said, in contrast to a server that is not there or has no room now. */
function findRefusal(error: unknown): Error | undefined {
  if (error instanceof AppError) return error
  const said = serverErrorOf(error)
  return said && !['53300', '57P01', '57P03'].includes(said.code) ? said : undefined
}

/**
 * For superusers. Sentences about data (SQLSTATE classes 22 and 23) and those that somebody wrote quote rows, which must
 * never get into the core database: of those only the code and the place are kept.
 */
function quoteRefusal(refusal: Error): string {
  const said = serverErrorOf(refusal)
  if (!said || !/^(22|23|P0)/.test(said.code)) return said?.message ?? refusal.message
  const place = [said.table_name, said.column_name, said.constraint_name].filter(Boolean).join(', ')
  return `SQLSTATE ${said.code}${place ? ` at ${place}` : ''}; the log tells more.`
}

/** For those who manage the tenant; a server's own text stays with superusers. */
function describeFailure(refusal: Error): string {
  if (refusal instanceof AppError) return refusal.detail
  const code = serverErrorOf(refusal)?.code
  return `The tenant's database could not be migrated (SQLSTATE ${code}). Its rows are as they were.`
}
