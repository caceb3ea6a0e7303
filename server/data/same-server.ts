import type postgres from 'postgres'
import { withDeadline } from '../platform/deadline.ts'
import type { DatabaseServerId } from '../platform/ids.ts'
import type { Database } from './postgres.ts'
import type { DatabaseServers } from './database-servers.ts'
import { type DatabaseServerRecord, listDatabaseServers } from './database-servers.data.ts'
import { withOwner } from './owner-connection.ts'

const askTimeoutMs = 3_000

/**
 * The registered server that an address leads to already, by another name or through a proxy; undefined when there is
 * none. Registered twice, a server would be looked through twice, and each tenant's database would once be one that
 * belongs elsewhere. Servers that do not answer within 3 s are not compared.
 * @param tried the owner's direct address; `exceptId` names the record that it is for
 */
export async function findSameServer(
  parts: { db: Database; servers: DatabaseServers },
  tried: { address: string; exceptId: DatabaseServerId },
): Promise<DatabaseServerRecord | undefined> {
  const identity = await withOwner(tried.address, readIdentity)
  const others = (await listDatabaseServers(parts.db)).filter(({ id }) => id !== tried.exceptId)
  const identities = await readIdentities(parts.servers, others)
  return others.find(({ id }) => identities.get(id) === identity)
}

/** Those of the servers that are the same as another one of them. */
export async function findTwins(
  servers: DatabaseServers,
  records: DatabaseServerRecord[],
): Promise<Set<DatabaseServerId>> {
  if (records.length < 2) return new Set()
  const identities = await readIdentities(servers, records)
  const all = [...identities.values()]
  const isTwin = (identity: string): boolean => all.indexOf(identity) !== all.lastIndexOf(identity)
  return new Set([...identities].filter(([, identity]) => isTwin(identity)).map(([id]) => id))
}

async function readIdentities(
  servers: DatabaseServers,
  records: DatabaseServerRecord[],
): Promise<Map<DatabaseServerId, string>> {
  const identities = new Map<DatabaseServerId, string>()
  const ask = async (record: DatabaseServerRecord): Promise<void> => {
    const { ownerUrl } = await servers.open(record)
    const asked = withOwner(ownerUrl, readIdentity)
    identities.set(record.id, await withDeadline(asked, askTimeoutMs, () => new Error('no answer')))
  }
  await Promise.allSettled(records.map(ask))
  return identities
}

/** A copy of a server has its system identifier, too, but was not started in the same microsecond. */
async function readIdentity(sql: postgres.Sql): Promise<string> {
  const [row] = await sql<{ identity: string }[]>`
    select (select system_identifier from pg_control_system()) || ':' || extract(epoch from pg_postmaster_start_time()) as identity`
  if (!row) throw new Error('the server did not tell its identity')
  return row.identity
}
