import { defineError } from '../platform/errors.ts'
import type { DatabaseServerId } from '../platform/ids.ts'
import type { SecretBox, SecretPlace } from '../platform/secrets.ts'
import { type DatabaseServerRecord, findDatabaseServer } from './database-servers.data.ts'
import type { LoginRole } from './login-roles.ts'
import type { Database } from './postgres.ts'

/** No such database server. */
export const databaseServerNotFound = defineError({
  code: 'database_server.not_found',
  status: 404,
  title: 'There is no such database server',
})

/** How to reach a database server. */
export interface OpenedServer {
  record: DatabaseServerRecord
  /** The owner's direct address there; its database is the one to issue CREATE DATABASE from. */
  ownerUrl: string
  /** The owner's direct address of another database there. */
  ownerUrlOf(database: string): string
  /** The address that requests reach a store by. */
  storeUrl(store: LoginRole & { database: string }): string
}

/** Finds database servers and opens their addresses. */
export interface DatabaseServers {
  /** The server of this id, as it is now; throws `database_server.not_found` 404. */
  get(id: DatabaseServerId): Promise<OpenedServer>
  open(record: DatabaseServerRecord): Promise<OpenedServer>
}

/** Where a server's address is sealed for. */
export function placeOfServerAddress(id: DatabaseServerId): SecretPlace {
  return { table: 'database_servers', column: 'address', row: id }
}

/**
 * Servers as the core database tells of them.
 * @param core the built-in server's addresses: `databaseUrl` may lead through a pooler, `directUrl` must not
 */
export function createDatabaseServers(options: {
  db: Database
  core: { databaseUrl: string; directUrl: string }
  secretBox: SecretBox | undefined
}): DatabaseServers {
  async function open(record: DatabaseServerRecord): Promise<OpenedServer> {
    const { databaseUrl, directUrl } = record.address === null ? options.core : await openAddress(record)
    return {
      record,
      ownerUrl: directUrl,
      ownerUrlOf: (database) => withParts(directUrl, { database }),
      storeUrl: ({ database, role, password }) => withParts(databaseUrl, { database, role, password }),
    }
  }

  async function openAddress(record: DatabaseServerRecord): Promise<{ databaseUrl: string; directUrl: string }> {
    if (!options.secretBox) throw new Error(`SECRET_KEY is needed to open the address of ${record.name}`)
    const url = await options.secretBox.open(placeOfServerAddress(record.id), record.address ?? '')
    return { databaseUrl: url, directUrl: url }
  }

  return {
    open,
    async get(id) {
      const record = await findDatabaseServer(options.db, id)
      if (!record) throw databaseServerNotFound({ detail: 'There is no database server with this id.' })
      return open(record)
    },
  }
}

function withParts(base: string, parts: { database: string; role?: string; password?: string }): string {
  const url = new URL(base)
  url.pathname = `/${encodeURIComponent(parts.database)}`
  if (parts.role !== undefined) url.username = encodeURIComponent(parts.role)
  if (parts.password !== undefined) url.password = encodeURIComponent(parts.password)
  return url.toString()
}
