import { type AuditActor, insertAudit } from '../../data/audit.data.ts'
import type { BudgetFigures } from '../../data/connection-budget.ts'
import type { CoreDatabase } from '../../data/core-database.ts'
import { type DatabaseServers, databaseServerNotFound, placeOfServerAddress } from '../../data/database-servers.ts'
import {
  type DatabaseServerRecord,
  deleteDatabaseServer,
  findDatabaseServer,
  insertDatabaseServer,
  listDatabaseServers,
  updateDatabaseServer,
} from '../../data/database-servers.data.ts'
import type { Directories } from '../../data/directories.ts'
import type { Database } from '../../data/postgres.ts'
import type { Provisioner } from '../../data/provision-tenant.ts'
import { findSameServer } from '../../data/same-server.ts'
import type { TenantDatabases } from '../../data/tenant-databases.ts'
import { describeConnections } from '../../http/connection-figures.ts'
import { requestInvalid } from '../../http/problem-details.ts'
import { defineError } from '../../platform/errors.ts'
import { type DatabaseServerId, newId, parseDatabaseServerId } from '../../platform/ids.ts'
import type { SecretBox } from '../../platform/secrets.ts'
import type { ServerChangesBody, ServerView } from './database-servers.schemas.ts'

/** Tenants live there, or it is the server of the core database. */
export const databaseServerInUse = defineError({
  code: 'database_server.in_use',
  status: 409,
  title: 'The database server is in use',
})
/** Another server is called so. */
export const databaseServerNameTaken = defineError({
  code: 'database_server.name_taken',
  status: 409,
  title: 'The name is taken',
})

/** What managing database servers stands on. */
export interface DatabaseServersParts {
  core: CoreDatabase
  servers: DatabaseServers
  databases: TenantDatabases
  directories: Directories
  provisioner: Provisioner
  secretBox: SecretBox
}

type Columns = Partial<Omit<DatabaseServerRecord, 'id' | 'isBuiltIn' | 'createdAt'>>

/** All of them, with the tenants that live there and how this replica's connections do. */
export async function listServers(parts: DatabaseServersParts): Promise<ServerView[]> {
  const figures = parts.databases.figures()
  return (await listDatabaseServers(parts.core.db)).map((server) => describe(server, figures.get(server.id)))
}

/** One of them; 404 `database_server.not_found`. */
export async function getServer(parts: DatabaseServersParts, text: string): Promise<ServerView> {
  const id = readId(text)
  const found = (await listServers(parts)).find((server) => server.id === id)
  if (!found) throw notFound()
  return found
}

/** Registers a server in the given transaction, once it was reached and its owner found able. Returns its id. */
export async function registerServer(
  parts: DatabaseServersParts,
  database: Database,
  body: ServerChangesBody & { name: string; address: string },
  actor: AuditActor,
): Promise<DatabaseServerId> {
  const id = readId(newId())
  const columns = await readColumns(parts, id, body)
  if (!(await insertDatabaseServer(database, { ...columns, id, name: body.name }))) throw nameTaken()
  await insertAudit(database, actor, {
    action: 'database_server.added',
    ...target(id),
    after: describeForAudit(columns),
  })
  return id
}

/** Changes only what is given; a new address is tried before it is saved. */
export async function changeServer(
  parts: DatabaseServersParts,
  text: string,
  body: ServerChangesBody,
  actor: AuditActor,
): Promise<void> {
  const id = readId(text)
  const columns = await readColumns(parts, id, body)
  await parts.core.write(async (database) => {
    const before = await findDatabaseServer(database, id)
    if (!before) throw notFound()
    if (before.isBuiltIn && columns.address) {
      throw refuse('address', "of the core database's server is DATABASE_URL's")
    }
    const others = await listDatabaseServers(database)
    const isTaken = others.some((other) => other.id !== id && other.name.toLowerCase() === columns.name?.toLowerCase())
    if (isTaken) throw nameTaken()
    await updateDatabaseServer(database, id, columns)
    await insertAudit(database, actor, {
      action: 'database_server.updated',
      ...target(id),
      before: describeForAudit(pick(before, columns)),
      after: describeForAudit(columns),
    })
  })
  parts.directories.forget({ kind: 'database_server', ids: [id] })
}

/** Forgets a server that no tenant lives on; what is there stays. 409 `database_server.in_use`. */
export async function removeServer(parts: DatabaseServersParts, text: string, actor: AuditActor): Promise<void> {
  const id = readId(text)
  await parts.core.write(async (database) => {
    const server = (await listDatabaseServers(database)).find((known) => known.id === id)
    if (!server) throw notFound()
    if (server.isBuiltIn) throw databaseServerInUse({ detail: 'The core database is there.' })
    if (server.tenants > 0) {
      throw databaseServerInUse({ detail: `${server.tenants} tenants live there. Move or purge them first.` })
    }
    await deleteDatabaseServer(database, id)
    await insertAudit(database, actor, {
      action: 'database_server.removed',
      ...target(id),
      before: { name: server.name, host: server.host },
    })
  })
  parts.directories.forget({ kind: 'database_server', ids: [id] })
}

async function readColumns(
  parts: DatabaseServersParts,
  id: DatabaseServerId,
  body: ServerChangesBody,
): Promise<Columns> {
  const { name, address, connections_max: connectionsMax, tenants_max: tenantsMax, is_draining: isDraining } = body
  return {
    ...(name === undefined ? {} : { name }),
    ...(connectionsMax === undefined ? {} : { connectionsMax }),
    ...(tenantsMax === undefined ? {} : { tenantsMax }),
    ...(isDraining === undefined ? {} : { isDraining }),
    ...(address === undefined ? {} : await readAddress(parts, id, address)),
  }
}

/** Tried before it is saved: reached, new enough, its owner able to make databases and roles, and no other one’s. */
async function readAddress(
  parts: DatabaseServersParts,
  id: DatabaseServerId,
  text: string,
): Promise<{ address: string; host: string }> {
  const normalized = text.replace(/^postgres(?:ql)?(?:\+\w+)?:\/\//, 'postgres://')
  if (!normalized.startsWith('postgres://') || !URL.canParse(normalized)) {
    throw refuse('address', 'must be a PostgreSQL address (postgres://user:password@host:port/database)')
  }
  const { host } = new URL(normalized)
  const problem = await parts.provisioner.testServer(normalized)
  if (problem) throw refuse('address', problem)
  const same = await findSameServer(
    { db: parts.core.db, servers: parts.servers },
    { address: normalized, exceptId: id },
  )
  if (same) throw refuse('address', `leads to “${same.name}”, which is registered already`)
  return { address: await parts.secretBox.seal(placeOfServerAddress(id), normalized), host }
}

function describe(server: DatabaseServerRecord & { tenants: number }, figures: BudgetFigures | undefined): ServerView {
  return {
    id: server.id,
    name: server.name,
    is_built_in: server.isBuiltIn,
    host: server.host,
    connections_max: server.connectionsMax,
    tenants_max: server.tenantsMax,
    is_draining: server.isDraining,
    tenants: server.tenants,
    connections: describeConnections(figures),
    created_at: server.createdAt.toISOString(),
    updated_at: server.updatedAt.toISOString(),
  }
}

function target(id: DatabaseServerId): { targetType: string; targetId: string } {
  return { targetType: 'database_server', targetId: id }
}

function pick(record: DatabaseServerRecord, columns: Columns): Columns {
  return Object.fromEntries(Object.entries(record).filter(([name]) => Object.hasOwn(columns, name)))
}

/** Of the address only that it was set. */
function describeForAudit(columns: Columns): Record<string, unknown> {
  const { address, name, host, connectionsMax, tenantsMax, isDraining } = columns
  return {
    name,
    host,
    connections_max: connectionsMax,
    tenants_max: tenantsMax,
    is_draining: isDraining,
    ...(address ? { address: '[set]' } : {}),
  }
}

function readId(text: string): DatabaseServerId {
  const id = parseDatabaseServerId(text)
  if (!id) throw notFound()
  return id
}

function notFound(): Error {
  return databaseServerNotFound({ detail: 'There is no database server with this id.' })
}

function nameTaken(): Error {
  return databaseServerNameTaken({ detail: 'Another database server is called so. Choose another name.' })
}

function refuse(path: string, message: string): Error {
  return requestInvalid({ detail: `${path}: ${message}`, errors: [{ path, message }] })
}
