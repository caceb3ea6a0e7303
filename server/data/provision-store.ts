import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import type { OpenedServer } from './database-servers.ts'
import { dropDatabase, endSessions } from './drop-database.ts'
import type { FleetLocks } from './fleet-locks.ts'
import { closeDatabaseToPublic, ensureLoginRole, type LoginRole } from './login-roles.ts'
import { storeMigrations, migrateStore } from './migrate.ts'

/**
 * What provisioning does on one database server; what it decides in the core database is in `provision-tenant.ts`.
 * Every step may be repeated. The caller holds the tenant's fleet lock in the core database.
 */

/** Whose databases: `installationId` is core's random id, so that installations on one server leave each other alone. */
export interface StoreOwner {
  installationId: string
  number: number
}

/** The comment that says whose a database is; names are for people. */
export function stampOf(owner: StoreOwner): string {
  return `tenantry:${owner.installationId}:${owner.number}`
}

/** The comment of a store that a tenant was moved away from, so that it is nobody's store any more. */
export function keptStampOf(owner: StoreOwner, moveId: string): string {
  return `tenantry:${owner.installationId}:kept:${owner.number}:${moveId}`
}

/** Gives the database with one stamp another; false when there is none. */
export async function restampDatabase(sql: postgres.Sql, stamps: { from: string; to: string }): Promise<boolean> {
  const database = await findByStamp(sql, stamps.from)
  if (!database) return false
  await sql.unsafe(`comment on database "${database}" is '${stamps.to}'`)
  return true
}

/** The login role of a tenant's store; roles belong to the whole server, so the installation is part of its name. */
export function storeRoleOf(owner: StoreOwner): string {
  return `tenantry_${shorten(owner.installationId, 16)}_${owner.number}`
}

/** How every database that is still being made is called. */
export function unfinishedPrefix(installationId: string): string {
  return `tenantry_new_${shorten(installationId, 32)}_`
}

function shorten(installationId: string, digits: number): string {
  return installationId.replaceAll('-', '').slice(0, digits)
}

/**
 * Makes sure that the store's role and database are there, and nobody else may connect to it.
 * @param sql the owner's connection to the server
 * @returns the database's name
 */
export async function ensureStore(
  sql: postgres.Sql,
  store: { server: OpenedServer; owner: StoreOwner; login: LoginRole; locks: FleetLocks },
): Promise<string> {
  const { server, owner, login, locks } = store
  await ensureStoreRole(sql, login)
  const made = await findStampedDatabase(sql, owner)
  if (made) {
    await closeDatabaseToPublic(sql, { database: made, role: login.role })
    await migrateStore(server.ownerUrlOf(made))
    return made
  }
  const { installationId } = owner
  return locks.making(async () => {
    const spare = await locks.takingSpare(server.record.id, async () => {
      const unfinished = await findByStamp(sql, spareStampOf(installationId))
      return unfinished && finishDatabase(sql, { unfinished, owner, role: login.role })
    })
    if (spare) return spare
    const template = await ensureTemplate(sql, { server, installationId, locks })
    const unfinished = await createUnfinished(sql, { installationId, template })
    return finishDatabase(sql, { unfinished, owner, role: login.role })
  })
}

async function ensureStoreRole(sql: postgres.Sql, login: LoginRole): Promise<void> {
  // On a server where no store was made yet, not even the group is there: the template's migrations come later.
  await sql`do $$ begin
    create role tenantry_runtime nologin;
  exception when duplicate_object or unique_violation then null;
  end $$`
  await sql.begin(async (transaction) => {
    await ensureLoginRole(transaction, { ...login, setPassword: true })
    const [self] = await transaction<{ rights: boolean; version: number }[]>`
      select pg_has_role(current_user, ${login.role}, 'usage') as rights, current_setting('server_version_num')::int as version`
    if (self?.rights) return
    // An owner that is no superuser may end the role's sessions, as a purge must, only as a member of it. From version
    // 16 on whoever made a role may administer it without being one.
    await transaction.unsafe(
      `grant "${login.role}" to current_user${self && self.version >= 160_000 ? ' with inherit true, set false' : ''}`,
    )
  })
}

/** The name of this tenant's database, if there is one. */
function findStampedDatabase(sql: postgres.Sql, owner: StoreOwner): Promise<string | undefined> {
  return findByStamp(sql, stampOf(owner))
}

/**
 * A copy of the template under a name that says it is not finished. CREATE DATABASE is no transaction: should we die
 * meanwhile, the database is left, and the reconciler knows it by that name. It takes no connections until it is closed
 * to the public.
 */
export async function createUnfinished(
  sql: postgres.Sql,
  options: { installationId: string; template: string; allowConnections?: boolean },
): Promise<string> {
  const name = unfinishedPrefix(options.installationId) + randomBytes(8).toString('hex')
  const allowed = options.allowConnections ? 'true' : 'false'
  await sql.unsafe(`create database ${name} template ${options.template} allow_connections ${allowed}`)
  return name
}

/** Stamps, closes, opens and names it at once: a database with a tenant's stamp is complete. */
async function finishDatabase(
  sql: postgres.Sql,
  options: { unfinished: string; owner: StoreOwner; role: string },
): Promise<string> {
  const { unfinished, owner, role } = options
  const wanted = `tenant_${owner.number}`
  const ofInstallation = `${wanted}_${shorten(owner.installationId, 8)}`
  // A store that the tenant was moved away from has one of them for as long as it is kept.
  const names = [wanted, ofInstallation, `${ofInstallation}_${randomBytes(4).toString('hex')}`]
  for (const [tries, name] of names.entries()) {
    try {
      await sql.begin(async (transaction) => {
        await closeDatabaseToPublic(transaction, { database: unfinished, role })
        await transaction.unsafe(`comment on database ${unfinished} is '${stampOf(owner)}'`)
        await transaction.unsafe(`alter database ${unfinished} allow_connections true`)
        await transaction.unsafe(`alter database ${unfinished} rename to ${name}`)
      })
      return name
    } catch (error) {
      // Somebody has the name, or took it this very moment.
      const taken = error instanceof postgres.PostgresError && ['42P04', '23505'].includes(error.code)
      if (!taken || tries === names.length - 1) throw error
    }
  }
  throw new Error('unreachable')
}

/**
 * The server's template of this installation for the migrations at hand: migrated once, stamped, closed, and never
 * connected to again. Newer migrations make another one.
 */
export async function ensureTemplate(
  sql: postgres.Sql,
  options: { server: OpenedServer; installationId: string; locks: FleetLocks },
): Promise<string> {
  const stamp = templateStampPrefix(options.installationId) + describeMigrations()
  return (
    (await findByStamp(sql, stamp)) ??
    options.locks.template(
      options.server.record.id,
      async () => (await findByStamp(sql, stamp)) ?? makeTemplate(sql, { ...options, stamp }),
    )
  )
}

/** How the stamps of an installation's templates begin; the number of their migrations follows. */
export function templateStampPrefix(installationId: string): string {
  return `tenantry:${installationId}:template:`
}

/** How the stamps of an installation's orphans begin; the number of the tenant they had follows. */
export function orphanStampPrefix(installationId: string): string {
  return `tenantry:${installationId}:orphan:`
}

/** How the stamps of an installation's spare databases begin; the number of their migrations follows. */
export function spareStampPrefix(installationId: string): string {
  return `tenantry:${installationId}:spare:`
}

/** The stamp of a spare with the migrations at hand: one of others is nobody's store. */
export function spareStampOf(installationId: string): string {
  return spareStampPrefix(installationId) + describeMigrations()
}

function describeMigrations(): string {
  const { version, hash } = storeMigrations()
  return `${version}:${hash}`
}

/** The name of the database with this comment. */
export async function findByStamp(sql: postgres.Sql, stamp: string): Promise<string | undefined> {
  const [row] = await sql<{ datname: string }[]>`
    select datname from pg_database where shobj_description(oid, 'pg_database') = ${stamp}`
  return row?.datname
}

async function makeTemplate(
  sql: postgres.Sql,
  options: { server: OpenedServer; installationId: string; stamp: string },
): Promise<string> {
  const { server, installationId, stamp } = options
  const unfinished = await createUnfinished(sql, { installationId, template: 'template0', allowConnections: true })
  await sql.unsafe(`revoke connect on database ${unfinished} from public`)
  await migrateStore(server.ownerUrlOf(unfinished))
  const name = `tenantry_template_${shorten(installationId, 16)}_${randomBytes(4).toString('hex')}`
  await sql.begin(async (transaction) => {
    await transaction.unsafe(`alter database ${unfinished} allow_connections false`)
    await transaction.unsafe(`comment on database ${unfinished} is '${stamp}'`)
    await transaction.unsafe(`alter database ${unfinished} rename to ${name}`)
  })
  return name
}

/**
 * Destroys a tenant's database and role, whoever is connected; safe to repeat. The role stays as long as another
 * database of the tenant is there. Returns what was there.
 * @param store.stamp of another database than the one that the tenant lives in
 */
export async function dropStore(
  sql: postgres.Sql,
  store: { owner: StoreOwner; stamp?: string },
): Promise<{ databases: number; roles: number }> {
  const database = await findByStamp(sql, store.stamp ?? stampOf(store.owner))
  if (database) await dropDatabase(sql, database)
  return { databases: database ? 1 : 0, roles: (await dropStoreRole(sql, storeRoleOf(store.owner))) ? 1 : 0 }
}

async function dropStoreRole(sql: postgres.Sql, role: string): Promise<boolean> {
  const [known] = await sql`select 1 from pg_roles where rolname = ${role}`
  if (!known) return false
  try {
    await sql`drop role ${sql(role)}`
    return true
  } catch (error) {
    // It may still connect to another database.
    if (error instanceof postgres.PostgresError && error.code === '2BP01') return false
    throw error
  }
}

/** Whether any table of schema `tenant` has a row; a database that was never migrated has none. */
export async function holdsRows(ownerUrl: string): Promise<boolean> {
  const sql = postgres(ownerUrl, { max: 1, connect_timeout: 5, fetch_types: false, onnotice: () => undefined })
  try {
    const tables = await sql<{ name: string }[]>`
      select oid::regclass::text as name from pg_class where relnamespace = to_regnamespace('tenant') and relkind = 'r'`
    for (const { name } of tables) {
      const rows = await sql.unsafe(`select 1 from ${name} limit 1`)
      if (rows.length > 0) return true
    }
    return false
  } finally {
    await sql.end({ timeout: 5 })
  }
}

/**
 * Deals with a store that no tenant has any more. One without rows is dropped; one with rows is kept under a name and a
 * comment that say so, closed to the role it had.
 * @returns the new name of one that was kept
 */
export async function orphanStore(
  sql: postgres.Sql,
  orphan: { server: OpenedServer; owner: StoreOwner; database: string },
): Promise<string | undefined> {
  const { server, owner, database } = orphan
  if (!(await holdsRows(server.ownerUrlOf(database)))) {
    await dropStore(sql, { owner })
    return undefined
  }
  const role = storeRoleOf(owner)
  const [known] = await sql`select 1 from pg_roles where rolname = ${role}`
  if (known) await sql`revoke connect on database ${sql(database)} from ${sql(role)}`
  await endSessions(sql, database)
  const name = `tenantry_orphan_${shorten(owner.installationId, 8)}_${owner.number}_${randomBytes(3).toString('hex')}`
  await sql.begin(async (transaction) => {
    await transaction.unsafe(
      `comment on database "${database}" is '${orphanStampPrefix(owner.installationId)}${owner.number}'`,
    )
    await transaction.unsafe(`alter database "${database}" rename to ${name}`)
  })
  if (known) await sql`drop role ${sql(role)}`
  return name
}
