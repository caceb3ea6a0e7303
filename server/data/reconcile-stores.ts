import { sql as statement } from 'drizzle-orm'
import type postgres from 'postgres'
import type { Log } from '../platform/log.ts'
import type { CoreDatabase } from './core-database.ts'
import type { DatabaseServers, OpenedServer } from './database-servers.ts'
import { listDatabaseServers } from './database-servers.data.ts'
import { dropDatabase } from './drop-database.ts'
import { type FleetLocks, withFleetLocks } from './fleet-locks.ts'
import { storeMigrations } from './migrate.ts'
import { withOwner } from './owner-connection.ts'
import { holdsRows, orphanStore, spareStampPrefix, templateStampPrefix, unfinishedPrefix } from './provision-store.ts'
import type { Provisioner } from './provision-tenant.ts'
import { findTwins } from './same-server.ts'
import { listPlaces, listUnprovisionedTenants, type StorePlace } from './tenant-provisioning.data.ts'

/** What was found half done. */
export interface Reconciled {
  provisioned: string[]
  dropped: string[]
  /** Databases without a tenant that hold rows: renamed, and left to people. */
  orphaned: string[]
}

/** A database on a server that is, or says it is, of this installation. */
interface OwnDatabase {
  name: string
  stamp: string | null
  takesConnections: boolean
}

/**
 * Finishes or cleans up what a killed server left half done: tenants whose store was being made, unfinished databases,
 * databases without a tenant, templates and spares of former versions; and sees to it that each server with stores has a
 * spare. Only what carries this installation's id is touched, and
 * nothing that holds rows is ever dropped. Any replica may call it at any time; while databases are being made anywhere,
 * cleaning waits for the next time.
 */
export async function reconcileStores(parts: {
  core: CoreDatabase
  servers: DatabaseServers
  provisioner: Provisioner
  log: Log
}): Promise<Reconciled> {
  const { core, servers, log } = parts
  const found: Reconciled = { provisioned: [], dropped: [], orphaned: [] }
  for (const tenant of await listUnprovisionedTenants(core.db)) {
    const after = await parts.provisioner.resume(tenant.id)
    if (after && after.state !== 'provisioning') found.provisioned.push(tenant.id)
  }
  const records = await listDatabaseServers(core.db)
  const twins = await findTwins(servers, records)
  for (const record of records) {
    if (twins.has(record.id)) {
      log.warn({ server: record.name }, 'a database server is registered twice; it is not looked through')
      continue
    }
    try {
      const server = await servers.open(record)
      const databases = await listOwnDatabases(core, server)
      if (lacksSpare(core, databases)) await parts.provisioner.restock(server)
      const suspects = await chooseSuspects(core, server, databases)
      if (suspects.length === 0) continue
      await withFleetLocks(core.directUrl, (locks) =>
        locks.cleaning(() =>
          withOwner(server.ownerUrl, async (sql) => {
            for (const database of suspects) await cleanUp({ ...parts, sql, locks, server, found }, database)
          }),
        ),
      )
    } catch (err) {
      log.warn(
        { err, server: record.name },
        'a database server could not be looked through; the next round tries again',
      )
    }
  }
  if (found.dropped.length > 0) log.info({ databases: found.dropped }, 'unfinished databases were removed')
  if (found.orphaned.length > 0) {
    log.warn({ databases: found.orphaned }, 'databases without a tenant hold rows: they were renamed and kept')
  }
  return found
}

interface Cleaning {
  core: CoreDatabase
  log: Log
  sql: postgres.Sql
  locks: FleetLocks
  server: OpenedServer
  found: Reconciled
}

/** Only where stores are made: elsewhere a spare would take its place for nothing. */
function lacksSpare(core: CoreDatabase, databases: OwnDatabase[]): boolean {
  const prefix = spareStampPrefix(core.installationId)
  return (
    databases.some((database) => numberOf(core, database) !== undefined) &&
    !databases.some(({ stamp }) => isOfCurrentVersion(stamp, prefix))
  )
}

/** Databases that may be half done, from a look without any lock. */
async function chooseSuspects(
  core: CoreDatabase,
  server: OpenedServer,
  databases: OwnDatabase[],
): Promise<OwnDatabase[]> {
  if (databases.length === 0) return []
  const places = new Map((await listPlaces(core.db)).map((place) => [place.number, place]))
  return databases.filter((database) => {
    const number = numberOf(core, database)
    return number === undefined ? !isCurrentSource(core, server, database) : !isInPlace(places.get(number), server)
  })
}

async function listOwnDatabases(core: CoreDatabase, server: OpenedServer): Promise<OwnDatabase[]> {
  const stamps = `tenantry:${core.installationId}:`
  const unfinished = unfinishedPrefix(core.installationId)
  const query = `select datname as name, shobj_description(oid, 'pg_database') as stamp, datallowconn as "takesConnections"
    from pg_database where starts_with(shobj_description(oid, 'pg_database'), '${stamps}') or starts_with(datname, '${unfinished}')`
  const databases = server.record.isBuiltIn
    ? await core.db.execute<OwnDatabase & Record<string, unknown>>(statement.raw(query))
    : await withOwner(server.ownerUrl, (sql) => sql.unsafe<OwnDatabase[]>(query))
  const isKnown = ({ name, stamp }: OwnDatabase): boolean =>
    name.startsWith(unfinished) ||
    /^\d+$/.test(stamp?.slice(stamps.length) ?? '') ||
    sourcePrefixes(core).some((prefix) => stamp?.startsWith(prefix))
  return [...databases].filter(isKnown)
}

/** The tenant's number in a finished store's stamp. */
function numberOf(core: CoreDatabase, database: OwnDatabase): number | undefined {
  const text = database.stamp?.slice(`tenantry:${core.installationId}:`.length) ?? ''
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined
}

/** Templates and spares: what stores are made from. */
function sourcePrefixes(core: CoreDatabase): string[] {
  return [templateStampPrefix(core.installationId), spareStampPrefix(core.installationId)]
}

/** Those of newer versions belong to replicas that are ahead. A server that takes no new tenants needs none. */
function isCurrentSource(core: CoreDatabase, server: OpenedServer, { stamp }: OwnDatabase): boolean {
  const [template = '', spare = ''] = sourcePrefixes(core)
  return isOfCurrentVersion(stamp, template) || (isOfCurrentVersion(stamp, spare) && !server.record.isDraining)
}

function isOfCurrentVersion(stamp: string | null, prefix: string): boolean {
  return (
    stamp !== null &&
    stamp.startsWith(prefix) &&
    Number.parseInt(stamp.slice(prefix.length), 10) >= storeMigrations().version
  )
}

/** While a tenant is made, moved or purged, more than one database may rightly carry its number. */
function isInPlace(place: StorePlace | undefined, server: OpenedServer): boolean {
  if (!place) return false
  if (['provisioning', 'moving', 'deleting'].includes(place.state)) return true
  return place.isolation === 'dedicated' && place.databaseServerId === server.record.id
}

async function cleanUp(cleaning: Cleaning, database: OwnDatabase): Promise<void> {
  const { core, sql, locks, server, found, log } = cleaning
  const number = numberOf(core, database)
  try {
    if (number === undefined) {
      if (database.takesConnections && (await holdsRows(server.ownerUrlOf(database.name)))) return
      await dropDatabase(sql, database.name)
      found.dropped.push(database.name)
      return
    }
    await locks.tryTenant(number, async () => {
      const [place] = await listPlaces(core.db, number)
      if (isInPlace(place, server)) return
      const owner = { installationId: core.installationId, number }
      const kept = await orphanStore(sql, { server, owner, database: database.name })
      if (kept) found.orphaned.push(kept)
      else found.dropped.push(database.name)
    })
  } catch (err) {
    log.warn(
      { err, database: database.name },
      'a half-done database could not be cleaned up; the next round tries again',
    )
  }
}
