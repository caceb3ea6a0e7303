import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { dropDatabase } from '../../server/data/drop-database.ts'
import { endSessions, onDatabase } from './owner-sql.ts'
import { getTestServerUrl } from './test-server.ts'

/** A database of one test file. */
export interface TestDatabase {
  /** Address of the role that owns and migrates it. */
  ownerUrl: string
  name: string
  /** Drops it, whoever is connected, and what an installation in it made elsewhere: its databases and its role. */
  drop(): Promise<void>
}

/** Any constant: whoever makes the template holds this advisory lock in the server's maintenance database. */
const templateLock = 7_236_410_999

/** A fresh, migrated database, copied from a template that is migrated once per state of the drizzle/ folder. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `tenantry_test_${randomBytes(6).toString('hex')}`
  const template = await ensureTemplate()
  await onServer((sql) => createFromTemplate({ sql, name, template }))
  return { ownerUrl: await urlOf(name), name, drop: () => dropTestDatabase(name) }
}

/**
 * An empty database whose owner is as weak as the product supports: NOSUPERUSER CREATEDB CREATEROLE. It migrates by
 * itself. The cluster's group role `tenantry_runtime` is there already, and the owner gets it to grant onwards.
 */
export async function createOwnerRole(): Promise<TestDatabase> {
  const name = `tenantry_test_${randomBytes(6).toString('hex')}`
  // Its migrations make the group role; without this another file could be the first to, while this one is about to.
  await ensureTemplate()
  const password = randomBytes(16).toString('hex')
  await onServer(async (sql) => {
    await sql.unsafe(`create role ${name} login nosuperuser createdb createrole password '${password}'`)
    // Whoever is no superuser gives a database only to a role that it is a member of.
    await sql.unsafe(`grant ${name} to current_user`)
    await sql.unsafe(`create database ${name} owner ${name}`)
    await sql.unsafe(`grant tenantry_runtime to ${name} with admin option`)
  })
  const url = new URL(await urlOf(name))
  url.username = name
  url.password = password
  return {
    ownerUrl: url.toString(),
    name,
    async drop() {
      await dropTestDatabase(name)
      // Roles it made and still grants keep it; a throw-away server takes it along.
      await onServer((sql) => sql.unsafe(`drop role if exists ${name}`)).catch(() => undefined)
    },
  }
}

async function ensureTemplate(): Promise<string> {
  const { hashMigrations, migrateCore } = await import('../../server/data/migrate.ts')
  const template = `tenantry_template_${(await hashMigrations()).slice(0, 16)}`
  await onServer(async (sql) => {
    if (await exists({ sql, name: template })) return
    await sql`select pg_advisory_lock(${templateLock})`
    if (await exists({ sql, name: template })) return
    const unfinished = `${template}_new`
    await sql.unsafe(`drop database if exists ${unfinished} with (force)`)
    await sql.unsafe(`create database ${unfinished}`)
    await migrateCore(await urlOf(unfinished))
    // Renamed last: a template that exists is complete. The lock goes with this connection.
    await sql.unsafe(`alter database ${unfinished} rename to ${template}`)
  })
  return template
}

/** Somebody's look into the template (55006) passes; copies at the same time do not disturb each other. */
async function createFromTemplate(options: { sql: postgres.Sql; name: string; template: string }): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await options.sql.unsafe(`create database ${options.name} template ${options.template}`)
      return
    } catch (error) {
      if (!(error instanceof postgres.PostgresError) || error.code !== '55006' || attempt === 50) throw error
      await Bun.sleep(100)
    }
  }
}

async function dropTestDatabase(name: string): Promise<void> {
  const installation = await readInstallation(name)
  await onServer(async (sql) => {
    await endSessions(sql, { database: name })
    // Not by force alone: an owner that is no superuser may not end an autovacuum worker.
    await dropDatabase(sql, name)
    if (!installation) return
    const others = await sql<{ datname: string }[]>`
      select datname from pg_database
      where shobj_description(oid, 'pg_database') like ${`tenantry:${installation.id}:%`}
         or starts_with(datname, ${`tenantry_new_${installation.id.replaceAll('-', '')}_`})`
    for (const { datname } of others) await dropDatabase(sql, datname)
    const roles = await sql<{ rolname: string }[]>`
      select rolname from pg_roles where rolname = ${installation.runtime_role}
        or starts_with(rolname, ${`tenantry_${installation.id.replaceAll('-', '').slice(0, 16)}_`})`
    // One may still hold rights elsewhere if the test failed midway; then it stays.
    for (const { rolname } of roles) await sql`drop role if exists ${sql(rolname)}`.catch(() => undefined)
  })
}

async function readInstallation(name: string): Promise<{ id: string; runtime_role: string | null } | undefined> {
  try {
    return await onDatabase(await urlOf(name), async (sql) => {
      const [row] = await sql<{ id: string; runtime_role: string | null }[]>`
        select id::text, runtime_role from installation`
      return row
    })
  } catch {
    // Not migrated, or dropped already.
    return undefined
  }
}

async function exists(options: { sql: postgres.Sql; name: string }): Promise<boolean> {
  return (await options.sql`select 1 from pg_database where datname = ${options.name}`).length > 0
}

async function urlOf(name: string): Promise<string> {
  const url = new URL(await getTestServerUrl())
  url.pathname = `/${name}`
  return url.toString()
}

/** Does something on the server as its owner, in the database of its address. */
export async function onServer<T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  return onDatabase(await getTestServerUrl(), work)
}
