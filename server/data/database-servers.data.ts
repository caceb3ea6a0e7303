import { and, asc, count, eq, isNull, lt, or, sql } from 'drizzle-orm'
import type { DatabaseServerId } from '../platform/ids.ts'
import { databaseServers } from './core-servers.schema.ts'
import { tenants } from './core.schema.ts'
import type { Database } from './postgres.ts'

/** A database server with its sealed address. */
export type DatabaseServerRecord = typeof databaseServers.$inferSelect

/** The database server of this id. */
export async function findDatabaseServer(
  database: Database,
  id: DatabaseServerId,
): Promise<DatabaseServerRecord | undefined> {
  const [row] = await database.select().from(databaseServers).where(eq(databaseServers.id, id))
  return row
}

/** All database servers with the number of tenants that live there, the built-in one first. */
export function listDatabaseServers(database: Database): Promise<(DatabaseServerRecord & { tenants: number })[]> {
  return database
    .select({ server: databaseServers, tenants: count(tenants.id) })
    .from(databaseServers)
    .leftJoin(tenants, eq(tenants.databaseServerId, databaseServers.id))
    .groupBy(databaseServers.id)
    .orderBy(sql`${databaseServers.isBuiltIn} desc`, asc(databaseServers.name))
    .then((rows) => rows.map((row) => ({ ...row.server, tenants: row.tenants })))
}

/**
 * The server for a new tenant: of those that take any and have room, the one with the fewest tenants for its size. Two
 * tenants made at the same moment may choose the same one, which does no harm.
 */
export async function findLeastLoadedServer(database: Database): Promise<DatabaseServerRecord | undefined> {
  const [row] = await database
    .select({ server: databaseServers })
    .from(databaseServers)
    .leftJoin(tenants, eq(tenants.databaseServerId, databaseServers.id))
    .where(eq(databaseServers.isDraining, false))
    .groupBy(databaseServers.id)
    .having(or(isNull(databaseServers.tenantsMax), lt(count(tenants.id), databaseServers.tenantsMax)))
    .orderBy(
      sql`count(${tenants.id})::float / coalesce(${databaseServers.tenantsMax}, ${tenantsOfUnlimitedServer})`,
      sql`${databaseServers.isBuiltIn} desc`,
      asc(databaseServers.id),
    )
    .limit(1)
  return row?.server
}

/** What a server without a limit counts as when loads are compared. */
const tenantsOfUnlimitedServer = 1_000

/** Adds a database server; false when the name is taken (the unique index decides). */
export async function insertDatabaseServer(
  database: Database,
  server: typeof databaseServers.$inferInsert,
): Promise<boolean> {
  const rows = await database
    .insert(databaseServers)
    .values(server)
    .onConflictDoNothing()
    .returning({ id: databaseServers.id })
  return rows.length > 0
}

/** Changes a database server; undefined when there is none. */
export async function updateDatabaseServer(
  database: Database,
  id: DatabaseServerId,
  changes: Partial<Omit<DatabaseServerRecord, 'id' | 'isBuiltIn' | 'createdAt'>>,
): Promise<DatabaseServerRecord | undefined> {
  const [row] = await database
    .update(databaseServers)
    .set({ ...changes, updatedAt: new Date() })
    .where(eq(databaseServers.id, id))
    .returning()
  return row
}

/** Removes a database server; the foreign key refuses (23503) while tenants live there. False when there is none. */
export async function deleteDatabaseServer(database: Database, id: DatabaseServerId): Promise<boolean> {
  const rows = await database
    .delete(databaseServers)
    .where(and(eq(databaseServers.id, id), eq(databaseServers.isBuiltIn, false)))
    .returning({ id: databaseServers.id })
  return rows.length > 0
}
