import postgres from 'postgres'

/** Does something in a test's database as its owner: what an operator types by hand. */
export function asOwner<T>(
  app: { database: { ownerUrl: string } },
  work: (sql: postgres.Sql) => Promise<T>,
): Promise<T> {
  return onDatabase(app.database.ownerUrl, work)
}

/** Does something over a connection of its own, which is closed afterwards. */
export async function onDatabase<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, connect_timeout: 10, onnotice: () => undefined })
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 5 })
  }
}

/** The sessions of a database; without `application`, whoever's. */
export interface Sessions {
  database: string
  /** A pattern of LIKE for `application_name`. */
  application?: string
}

/** Ends sessions, as a failover or an operator does. */
export async function endSessions(sql: postgres.Sql, sessions: Sessions): Promise<void> {
  await withRightsOver(sql, sessions, async () => {
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where usesysid is not null and pid <> pg_backend_pid() and ${matching(sql, sessions)}`
  })
}

/**
 * Does something as a member of the roles that have these sessions: only so an owner that is no superuser may end them,
 * or see what they are doing. From version 16 on whoever made a role administers it without being a member.
 */
export async function withRightsOver<T>(sql: postgres.Sql, sessions: Sessions, work: () => Promise<T>): Promise<T> {
  const roles = await sql<{ name: string }[]>`
    select distinct usename as name from pg_stat_activity
    where ${matching(sql, sessions)} and not pg_has_role(current_user, usesysid, 'usage')`
  for (const { name } of roles) await sql`grant ${sql(name)} to current_user`
  try {
    return await work()
  } finally {
    for (const { name } of roles) await sql`revoke ${sql(name)} from current_user`
  }
}

function matching(sql: postgres.Sql, { database, application = '%' }: Sessions): postgres.PendingQuery<postgres.Row[]> {
  return sql`datname = ${database} and application_name like ${application}`
}

/** Does something while a table's triggers rest, which its owner may order; a test's database has no other writers. */
export async function whileTriggersRest<T>(sql: postgres.Sql, table: string, work: () => Promise<T>): Promise<T> {
  await sql`alter table ${sql(table)} disable trigger user`
  try {
    return await work()
  } finally {
    await sql`alter table ${sql(table)} enable trigger user`
  }
}
