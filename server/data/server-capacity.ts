import { sql } from 'drizzle-orm'
import { listeningName } from './change-feed.ts'
import type { Database } from './postgres.ts'

/** Left to people, backups, and connections that are just closing. */
const reservedConnections = 5
/** Beside its pools a replica listens, and may provision, migrate and clean up. */
const connectionsBesidePools = 4

/** How many connections a server takes from roles that are no superusers. */
export async function readConnectionsMax(database: Database): Promise<number> {
  const [row] = await database.execute<{ connections: number }>(sql`
    select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
      - coalesce(current_setting('reserved_connections', true), '0')::int as connections`)
  return row?.connections ?? 0
}

/** How many replicas are at work on the core database: each has one connection that listens. */
export async function countReplicas(database: Database): Promise<number> {
  const [row] = await database.execute<{ replicas: number }>(sql`
    select count(*)::int as replicas from pg_stat_activity
    where datname = current_database() and application_name = ${listeningName}`)
  return Math.max(1, row?.replicas ?? 1)
}

/** How many of a server's connections one replica may use for tenants' stores; never none. */
export function shareOfServer(options: { connectionsMax: number; replicas: number; ownConnections: number }): number {
  const share = Math.floor((options.connectionsMax - reservedConnections) / options.replicas)
  return Math.max(1, share - (options.ownConnections > 0 ? options.ownConnections + connectionsBesidePools : 0))
}
