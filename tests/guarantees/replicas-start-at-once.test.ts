import { expect, test } from 'bun:test'
import { storeMigrations } from '../../server/data/migrate.ts'
import { call } from '../support/call.ts'
import { createOwnerRole } from '../support/databases.ts'
import { inDatabase, makeDedicatedTenant } from '../support/dedicated.ts'
import { onDatabase } from '../support/owner-sql.ts'
import { firstSuperuser, productionEnv, signInFirst } from '../support/production.ts'
import { eventually } from '../support/scenario.ts'
import { startServerProcess } from '../support/server-process.ts'

/** Replicas are started together, as an orchestrator does: on nothing at all, and on databases that are behind. */

const replicaCount = 4

const startAll = (ownerUrl: string) =>
  Promise.all(
    Array.from({ length: replicaCount }, () => startServerProcess({ ...productionEnv, DATABASE_URL: ownerUrl })),
  )

test(`${replicaCount} servers started at once on an empty database make one installation, and each serves it; started again, they migrate each store once`, async () => {
  const database = await createOwnerRole()
  let running = await startAll(database.ownerUrl)
  const stopAll = async (): Promise<number[]> => {
    const stopping = running
    running = []
    return Promise.all(stopping.map((replica) => replica.stop()))
  }
  try {
    const made = await onDatabase(database.ownerUrl, async (sql) => ({
      installations: await sql`select id from installation`,
      superusers: await sql<{ email: string }[]>`select email from users where is_superuser`,
      migrations: await sql`select hash from drizzle.tenant_migrations`,
    }))
    expect(made.installations).toHaveLength(1)
    expect(made.superusers.map(({ email }) => email)).toEqual([firstSuperuser.email])
    expect(made.migrations).toHaveLength(storeMigrations().version)
    const tokens = await Promise.all(running.map(signInFirst))
    const [first, token = ''] = [running[0] ?? { url: '' }, tokens[0]]
    const tenant = await makeDedicatedTenant(first, { token }, 'shared')
    for (const [n, replica] of running.entries()) {
      const seen = await call(replica, 'GET /admin/tenants/shared', { token: tokens[n] })
      expect([seen.status, seen.body.state, seen.body.database_name]).toEqual([200, 'active', tenant.database_name])
    }
    expect(await stopAll()).toEqual(Array.from({ length: replicaCount }, () => 0))

    // As if its migrations were all still to come.
    const { database_name } = tenant
    await inDatabase({ database }, database_name, async (store) => {
      await store`drop schema tenant cascade`
      await store`drop schema drizzle cascade`
    })
    await onDatabase(database.ownerUrl, async (sql) => {
      await sql`update tenants set store_version = 0`
      await sql`delete from tenant_migrations`
    })
    running = await startAll(database.ownerUrl)
    for (const replica of running) {
      await eventually(async () => {
        const sessions = await call(replica, 'GET /admin/tenants/shared/sessions', { token: tokens[0] })
        return sessions.status === 200
      })
    }
    const applied = await inDatabase(
      { database },
      database_name,
      (store) => store`select 1 from drizzle.tenant_migrations`,
    )
    expect(applied).toHaveLength(storeMigrations().version)
    expect(await stopAll()).toEqual(Array.from({ length: replicaCount }, () => 0))
  } finally {
    await stopAll()
    await database.drop()
  }
}, 180_000)
