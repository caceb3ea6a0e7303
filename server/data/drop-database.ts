import postgres from 'postgres'

/**
 * Drops a database, whoever is connected; nothing when it is not there. An owner that is no superuser may not end an
 * autovacuum worker, so FORCE is refused while one is at work; the plain statement ends workers by itself.
 * @throws the database's error when a session that the owner may not end stays for 5 seconds
 */
export async function dropDatabase(sql: postgres.Sql, name: string): Promise<void> {
  try {
    await sql`drop database if exists ${sql(name)} with (force)`
  } catch (error) {
    if (!(error instanceof postgres.PostgresError) || error.code !== '42501') throw error
    await endSessions(sql, name)
    await sql`drop database if exists ${sql(name)}`
  }
}

/** Ends the sessions in a database that the caller has the right to end, and not its own. */
export async function endSessions(sql: postgres.Sql, database: string): Promise<void> {
  await sql`
    select pg_terminate_backend(a.pid) from pg_stat_activity a join pg_roles r on r.oid = a.usesysid
    where a.datname = ${database} and a.pid <> pg_backend_pid() and pg_has_role(current_user, r.oid, 'usage')`
}
