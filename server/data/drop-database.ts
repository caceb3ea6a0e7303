import postgres from 'postgres'
import { defineError } from '../platform/errors.ts'

/** Sessions that the owner may not end keep a database. */
export const databaseInUse = defineError({
  code: 'tenant.database_in_use',
  status: 409,
  title: "The tenant's database is in use",
})

/**
 * Drops a database, whoever is connected; nothing when it is not there. An owner that is no superuser may not end an
 * autovacuum worker, so FORCE is refused while one is at work; the plain statement ends workers by itself.
 * @throws `tenant.database_in_use` 409 when a session that the owner may not end stays for 5 seconds
 */
export async function dropDatabase(sql: postgres.Sql, name: string): Promise<void> {
  try {
    await sql`drop database if exists ${sql(name)} with (force)`
  } catch (error) {
    if (!(error instanceof postgres.PostgresError) || error.code !== '42501') throw error
    await endSessions(sql, name)
    await dropWhenUnused(sql, name)
  }
}

async function dropWhenUnused(sql: postgres.Sql, name: string): Promise<void> {
  try {
    await sql`drop database if exists ${sql(name)}`
  } catch (error) {
    if (!(error instanceof postgres.PostgresError) || error.code !== '55006') throw error
    throw databaseInUse({
      detail: `Others, such as a pooler or a superuser, are connected to ${name}, and its owner may not end that. End their sessions, then try again.`,
    })
  }
}

/** Ends the sessions in a database that the caller has the right to end, and not its own. */
export async function endSessions(sql: postgres.Sql, database: string): Promise<void> {
  await sql`
    select pg_terminate_backend(a.pid) from pg_stat_activity a join pg_roles r on r.oid = a.usesysid
    where a.datname = ${database} and a.pid <> pg_backend_pid() and pg_has_role(current_user, r.oid, 'usage')`
}
