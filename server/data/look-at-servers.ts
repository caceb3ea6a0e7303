import type postgres from 'postgres'
import { withDeadline } from '../platform/deadline.ts'
import type { Log } from '../platform/log.ts'
import type { CoreDatabase } from './core-database.ts'
import type { DatabaseServers } from './database-servers.ts'
import { type DatabaseServerRecord, listDatabaseServers } from './database-servers.data.ts'
import { withOwner } from './owner-connection.ts'
import { orphanStampPrefix, templateStampPrefix } from './provision-store.ts'

/** A database server as it is at this moment; nothing but the record is known of one that does not answer. */
export interface ServerLook {
  record: DatabaseServerRecord & { tenants: number }
  found:
    | {
        /** Of PostgreSQL. */
        version: string
        latencyMs: number
        /** The number of migrations of its newest template; null before the first tenant was made there. */
        templateVersion: number | null
        setAside: SetAside[]
      }
    | undefined
}

/** A database without a tenant that holds rows: the reconciler put it aside, and leaves it to people. */
export interface SetAside {
  databaseName: string
  tenantNumber: number
  bytes: number
}

const lookTimeoutMs = 3_000

/** Looks at all database servers at once as their owners, at most three seconds. */
export async function lookAtServers(parts: {
  core: CoreDatabase
  servers: DatabaseServers
  log: Log
}): Promise<ServerLook[]> {
  const { core, servers, log } = parts
  const records = await listDatabaseServers(core.db)
  return Promise.all(
    records.map(async (record) => {
      try {
        const { ownerUrl } = await servers.open(record)
        const looking = withOwner(ownerUrl, (sql) => lookAround(sql, core.installationId))
        return { record, found: await withDeadline(looking, lookTimeoutMs, () => new Error('no answer')) }
      } catch (err) {
        log.warn({ err, server: record.name }, 'a database server does not answer')
        return { record, found: undefined }
      }
    }),
  )
}

async function lookAround(sql: postgres.Sql, installationId: string): Promise<NonNullable<ServerLook['found']>> {
  await sql`select 1`
  const startedMs = performance.now()
  const [server] = await sql<{ version: string }[]>`select current_setting('server_version') as version`
  const latencyMs = Math.round(performance.now() - startedMs)
  const [orphan, template] = [orphanStampPrefix(installationId), templateStampPrefix(installationId)]
  const [newest] = await sql<{ version: number | null }[]>`
    select max(split_part(substr(shobj_description(oid, 'pg_database'), ${template.length + 1}), ':', 1)::int) as version
    from pg_database where starts_with(shobj_description(oid, 'pg_database'), ${template})`
  const setAside = await sql<SetAside[]>`
    select datname as "databaseName", pg_database_size(oid)::float as bytes,
      substr(shobj_description(oid, 'pg_database'), ${orphan.length + 1})::int as "tenantNumber"
    from pg_database where starts_with(shobj_description(oid, 'pg_database'), ${orphan})
    order by datname limit 200`
  return {
    version: server?.version ?? '',
    latencyMs,
    templateVersion: newest?.version ?? null,
    setAside: [...setAside],
  }
}
