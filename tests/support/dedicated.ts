import type postgres from 'postgres'
import { call } from './call.ts'
import { onDatabase } from './owner-sql.ts'
import type { Person } from './people.ts'
import type { TestApp } from './start-app.ts'

/** A tenant as the API tells of it. */
export interface DedicatedTenant {
  id: string
  number: number
  state: string
  failure: string | null
  database_name: string
  database_server_id: string
}

/** Onboards a tenant with a database of its own; throws unless it became active. */
export async function makeDedicatedTenant(
  app: Pick<TestApp, 'url'>,
  superuser: Pick<Person, 'token'>,
  id: string,
  settings: Record<string, unknown> = {},
): Promise<DedicatedTenant> {
  const body = { id, name: `Tenant ${id}`, isolation: 'dedicated', ...settings }
  let made = await call(app, 'POST /admin/tenants', { token: superuser.token, body })
  // It answers before the database is there when that takes longer than five seconds, as on a loaded machine.
  for (const untilMs = performance.now() + 30_000; made.body.state === 'provisioning'; await Bun.sleep(100)) {
    if (performance.now() > untilMs) break
    made = await call(app, `GET /admin/tenants/${id}`, { token: superuser.token })
  }
  if (made.body.state !== 'active') throw new Error(`no dedicated tenant: ${made.text}`)
  return made.body
}

/** Looks into a database of an app's server with the rights of the app's owner. */
export async function inDatabase<T>(
  app: { database: { ownerUrl: string } },
  name: string,
  work: (sql: postgres.Sql) => Promise<T>,
): Promise<T> {
  const url = new URL(app.database.ownerUrl)
  url.pathname = `/${name}`
  return onDatabase(url.toString(), work)
}

/** What a server holds of an installation: stores by their stamps, what is unfinished, set aside, and spares. */
export async function listDatabases(
  sql: postgres.Sql,
): Promise<{ stores: string[]; unfinished: string[]; orphans: string[]; spares: string[] }> {
  const rows = await sql<{ datname: string; stamp: string | null }[]>`
    select datname, shobj_description(d.oid, 'pg_database') as stamp from pg_database d, installation i
    where starts_with(shobj_description(d.oid, 'pg_database'), 'tenantry:' || i.id || ':')
       or starts_with(datname, 'tenantry_new_' || replace(i.id::text, '-', ''))
    order by datname`
  const names = (matches: (row: { datname: string; stamp: string }) => boolean): string[] =>
    rows.flatMap((row) => (matches({ datname: row.datname, stamp: row.stamp ?? '' }) ? [row.datname] : []))
  return {
    stores: names(({ stamp }) => /^tenantry:[^:]+:\d+$/.test(stamp)),
    unfinished: names(({ datname }) => datname.startsWith('tenantry_new_')),
    orphans: names(({ stamp }) => /:orphan:\d+$/.test(stamp)),
    spares: names(({ stamp }) => /^tenantry:[^:]+:spare:/.test(stamp)),
  }
}
