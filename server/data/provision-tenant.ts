import type postgres from 'postgres'
import { AppError } from '../platform/errors.ts'
import type { DatabaseServerId, TenantId } from '../platform/ids.ts'
import type { Log } from '../platform/log.ts'
import type { SecretBox } from '../platform/secrets.ts'
import type { CoreDatabase } from './core-database.ts'
import type { DatabaseServers, OpenedServer } from './database-servers.ts'
import { findDatabaseServer, findLeastLoadedServer } from './database-servers.data.ts'
import type { Directories } from './directories.ts'
import { type FleetLocks, withFleetLocks } from './fleet-locks.ts'
import { isOpenToPublic, makePassword } from './login-roles.ts'
import { storeMigrations } from './migrate.ts'
import { withOwner } from './owner-connection.ts'
import { type Database, serverErrorOf } from './postgres.ts'
import { dropStore, ensureStore, storeRoleOf, type StoreOwner } from './provision-store.ts'
import { ensureSpare } from './spare-store.ts'
import { dedicatedUnavailable, placeOfStorePassword, type TenantDatabases } from './tenant-databases.ts'
import { activateTenant, failTenant, type MadeStore, noteMigration, retryTenant } from './tenant-provisioning.data.ts'
import { linkTenantUser } from './tenant-users.data.ts'
import { findTenant, type TenantRecord } from './tenants.data.ts'
import { findUser } from './users.data.ts'

/** Makes and destroys stores of dedicated tenants (tenant-store.md, “Provisioning”). */
export interface Provisioner {
  /**
   * The columns of a new dedicated tenant, for the transaction that inserts it; `provision` makes it real after that.
   * @param wanted the server to live on; undefined chooses the least loaded
   * @throws `tenant.dedicated_unavailable` 409
   */
  reserve(database: Database, wanted?: DatabaseServerId): Promise<ReservedStore>
  /** Tries an owner's address: why stores could not live there, in a sentence; undefined when they could. */
  testServer(ownerUrl: string): Promise<string | undefined>
  /**
   * Makes the store of a tenant in state `provisioning`, links its owner and makes it active, or failed with the reason.
   * Any replica may call it at any time, and again: one works, the others wait and find it done.
   * @returns the tenant as it is afterwards; undefined when it is gone
   */
  provision(id: TenantId): Promise<TenantRecord | undefined>
  /** As `provision`, but leaves a tenant alone that somebody else is making right now. */
  resume(id: TenantId): Promise<TenantRecord | undefined>
  /** Takes a failed tenant up again and provisions it; other tenants stay as they are. */
  retry(id: TenantId): Promise<TenantRecord | undefined>
  /**
   * Makes database and role of a tenant on a server, whatever its record says, or finds them made; for provisioning and
   * moving. Its rights stand, its tables are up to date and empty if it is new. The caller writes the result down.
   */
  provisionStore(store: { tenant: TenantRecord; server: OpenedServer; locks: FleetLocks }): Promise<MadeStore>
  /** Destroys a tenant's database and role on a server, whoever is connected. Safe to repeat. */
  dropStore(store: { number: number; server: OpenedServer; locks: FleetLocks }): Promise<DroppedStore>
  /** Destroys the store of a tenant that is being purged; a pooled tenant has none of its own. */
  purgeStore(tenant: TenantRecord): Promise<DroppedStore>
  /** Sees to a server's spare database, from which the next store is made; what fails is logged. */
  restock(server: OpenedServer): Promise<void>
  /** Waits for spares that are being made. */
  stop(): Promise<void>
}

/** The place of a tenant that is to get a store. */
export interface ReservedStore {
  isolation: 'dedicated'
  state: 'provisioning'
  databaseServerId: DatabaseServerId
}

/** What was there to be destroyed. */
export interface DroppedStore {
  databases: number
  roles: number
}

/** What provisioning stands on. */
export interface ProvisionerParts {
  core: CoreDatabase
  servers: DatabaseServers
  databases: TenantDatabases
  directories: Directories
  secretBox: SecretBox
  log: Log
}

/** Works through the owner's direct connections only; nothing here is on the way of a request to its rows. */
export function createProvisioner(parts: ProvisionerParts): Provisioner {
  const { core, servers, databases, secretBox, log } = parts
  const capable = new Set<string>()
  const restocking = new Map<DatabaseServerId, Promise<void>>()

  const ownerOf = (number: number): StoreOwner => ({ installationId: core.installationId, number })

  async function reserve(database: Database, wanted?: DatabaseServerId): Promise<ReservedStore> {
    const record = wanted ? await findDatabaseServer(database, wanted) : await findLeastLoadedServer(database)
    if (!record) {
      throw dedicatedUnavailable({
        detail: wanted ? 'There is no database server with this id.' : 'No database server takes new tenants.',
      })
    }
    if (record.isDraining) throw dedicatedUnavailable({ detail: 'This database server takes no new tenants.' })
    await ensureCapable(await servers.open(record))
    return { isolation: 'dedicated', state: 'provisioning', databaseServerId: record.id }
  }

  /** A yes is remembered, a no is asked again: somebody may be granting the right this moment. */
  async function ensureCapable(server: OpenedServer): Promise<void> {
    const key = `${server.record.id} ${server.record.updatedAt.getTime()}`
    if (capable.has(key)) return
    const problem = await findProblem(server.ownerUrl, server.record.isBuiltIn)
    if (problem) throw dedicatedUnavailable({ detail: problem })
    capable.add(key)
  }

  function findProblem(ownerUrl: string, isCore: boolean): Promise<string | undefined> {
    return withOwner(ownerUrl, (sql) => findIncapability(sql, isCore)).catch((err: unknown) => {
      log.warn({ err }, 'a database server could not be asked for its rights')
      return serverErrorOf(err) ? 'The database server refuses this user.' : 'The database server does not answer.'
    })
  }

  async function provision(id: TenantId, how: 'tenant' | 'tryTenant'): Promise<TenantRecord | undefined> {
    const before = await findTenant(core.db, id)
    if (before?.state !== 'provisioning') return before
    const after = await withFleetLocks(core.directUrl, (locks) =>
      locks[how](before.number, async () => {
        const tenant = await findTenant(core.db, id)
        return tenant?.state === 'provisioning' ? makeTenant(tenant, locks) : tenant
      }),
    )
    parts.directories.forget({ kind: 'tenant', ids: [id] })
    return after
  }

  async function makeTenant(tenant: TenantRecord, locks: FleetLocks): Promise<TenantRecord | undefined> {
    const startedMs = performance.now()
    try {
      if (!tenant.databaseServerId) throw new Error('a dedicated tenant without a database server')
      const server = await servers.get(tenant.databaseServerId)
      const store = await provisionStore({ tenant, server, locks })
      await linkOwner({ ...tenant, ...store })
      const ms = Math.round(performance.now() - startedMs)
      const active = await core.write(async (database) => {
        await noteMigration(database, {
          tenantId: tenant.id,
          version: store.storeVersion,
          state: 'applied',
          error: null,
          ms,
        })
        return activateTenant(database, tenant.id, store)
      })
      void restock(server)
      return active ?? (await findTenant(core.db, tenant.id))
    } catch (err) {
      log.error({ err, tenant_id: tenant.id }, "a tenant's database could not be made")
      await failTenant(core.db, tenant.id, describeFailure(err))
      return findTenant(core.db, tenant.id)
    }
  }

  async function provisionStore(made: Parameters<Provisioner['provisionStore']>[0]): Promise<MadeStore> {
    const { tenant, server, locks } = made
    const owner = ownerOf(tenant.number)
    const login = { role: storeRoleOf(owner), password: makePassword() }
    const databaseName = await onServer(server, locks, (sql) => ensureStore(sql, { server, owner, login, locks }))
    // Whoever works on it meanwhile gave the role another password.
    await locks.ensureHeld()
    return {
      databaseServerId: server.record.id,
      databaseName,
      databaseRole: login.role,
      databasePassword: await secretBox.seal(placeOfStorePassword(tenant.id), login.password),
      storeVersion: storeMigrations().version,
    }
  }

  /** Also the first look into the store as its own role: the catalog is checked when it is opened. */
  async function linkOwner(tenant: TenantRecord): Promise<void> {
    const user = tenant.ownerId ? await findUser(core.db, tenant.ownerId) : undefined
    await databases.scopeOf(tenant).write(async (database) => {
      if (user) await linkTenantUser(database, tenant.id, user)
      else await database.execute('select 1')
    })
  }

  /** On the built-in server the connection that holds the locks serves for the work, too. */
  function onServer<T>(server: OpenedServer, locks: FleetLocks, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
    return server.record.isBuiltIn ? work(locks.sql) : withOwner(server.ownerUrl, work)
  }

  function restock(server: OpenedServer): Promise<void> {
    const { id, name, isDraining } = server.record
    const underWay = restocking.get(id)
    if (underWay || isDraining) return underWay ?? Promise.resolve()
    const work = withFleetLocks(core.directUrl, (locks) =>
      onServer(server, locks, (sql) => ensureSpare(sql, { server, installationId: core.installationId, locks })),
    )
      .catch((err: unknown) => log.warn({ err, server: name }, 'a spare database could not be made'))
      .finally(() => restocking.delete(id))
    restocking.set(id, work)
    return work
  }

  const drop: Provisioner['dropStore'] = ({ number, server, locks }) =>
    onServer(server, locks, (sql) => dropStore(sql, { owner: ownerOf(number) }))

  return {
    reserve,
    testServer: (ownerUrl) => findProblem(ownerUrl, false),
    provision: (id) => provision(id, 'tenant'),
    resume: (id) => provision(id, 'tryTenant'),
    async retry(id) {
      await retryTenant(core.db, id)
      parts.directories.forget({ kind: 'tenant', ids: [id] })
      return provision(id, 'tenant')
    },
    provisionStore,
    dropStore: drop,
    async purgeStore(tenant) {
      const { databaseServerId, number } = tenant
      if (tenant.isolation === 'pooled' || !databaseServerId) return { databases: 0, roles: 0 }
      const server = await servers.get(databaseServerId)
      return withFleetLocks(core.directUrl, (locks) => locks.tenant(number, () => drop({ number, server, locks })))
    },
    restock,
    async stop() {
      await Promise.all(restocking.values())
    },
  }
}

const serverVersionMin = 150_000

/** Why this owner cannot give tenants a database of their own; undefined when it can. */
async function findIncapability(sql: postgres.Sql, isCore: boolean): Promise<string | undefined> {
  const [role] = await sql<{ capable: boolean; database: string; version: number }[]>`
    select rolsuper or (rolcreatedb and rolcreaterole) as capable, current_database() as database,
      current_setting('server_version_num')::int as version
    from pg_roles where rolname = current_user`
  if (role && role.version < serverVersionMin) return 'The database server is older than PostgreSQL 15.'
  if (!role?.capable) return 'The owner of the database server needs CREATEDB and CREATEROLE. Choose pooled.'
  // The roles of dedicated tenants belong to the group that reads pooled rows: they must not get in here.
  if (isCore && (await isOpenToPublic(sql, role.database))) {
    return 'The core database is open to every role: REVOKE CONNECT ON DATABASE … FROM PUBLIC first.'
  }
  return undefined
}

/** Why a store could not be made, for those who manage the tenant; a server's own text goes to the log only. */
function describeFailure(error: unknown): string {
  if (error instanceof AppError) return error.detail
  const said = serverErrorOf(error)
  if (!said) return 'The database server does not answer.'
  return (
    failures[said.code] ?? `The database server refused (SQLSTATE ${said.code}); the log of this moment tells more.`
  )
}

const failures: Record<string, string> = {
  '42501': 'The owner of the database server may not make databases or roles there. Grant it CREATEDB and CREATEROLE.',
  '53100': 'The disk of the database server is full.',
  '53300': 'The database server has no connection left.',
  '55006': 'The template of the database server is in use by somebody.',
}
