import { randomBytes } from 'node:crypto'
import type postgres from 'postgres'
import type { OpenedServer } from './database-servers.ts'
import type { FleetLocks } from './fleet-locks.ts'
import { withOwner } from './owner-connection.ts'
import { createUnfinished, ensureTemplate, findByStamp, spareStampOf } from './provision-store.ts'

/**
 * Makes the spare database of a server, unless there is one: a copy of the template that is nobody's yet, so that the
 * next store needs only its role, its stamp and its name. Closed to everybody. May be killed at any moment: until it is
 * stamped, it is an unfinished database that the reconciler removes.
 * @param sql the owner's connection to the server
 */
export async function ensureSpare(
  sql: postgres.Sql,
  spare: { server: OpenedServer; installationId: string; locks: FleetLocks },
): Promise<void> {
  const { server, installationId, locks } = spare
  const stamp = spareStampOf(installationId)
  await locks.making(() =>
    locks.makingSpare(server.record.id, async () => {
      if (await findByStamp(sql, stamp)) return
      const template = await ensureTemplate(sql, { server, installationId, locks })
      const unfinished = await createUnfinished(sql, { installationId, template })
      await sql.begin(async (transaction) => {
        await transaction.unsafe(`revoke connect on database ${unfinished} from public`)
        await transaction.unsafe(`alter database ${unfinished} allow_connections true`)
      })
      // The first connection to a database builds its cache of the catalog, which later ones find on disk.
      await withOwner(server.ownerUrlOf(unfinished), (owner) => owner`select from pg_class limit 1`)
      await sql.begin(async (transaction) => {
        await transaction.unsafe(`alter database ${unfinished} allow_connections false`)
        await transaction.unsafe(`comment on database ${unfinished} is '${stamp}'`)
        await transaction.unsafe(
          `alter database ${unfinished} rename to tenantry_spare_${randomBytes(8).toString('hex')}`,
        )
      })
    }),
  )
}
