import { expect, test } from 'bun:test'
import postgres from 'postgres'
import { databaseNewer, migrateCore, migrationChanged } from '../../../server/data/migrate.ts'
import { createTestDatabase } from '../../support/databases.ts'

/** What a start says of a database that has been changed since, in either way. */
async function startOn(change: (sql: postgres.Sql) => Promise<unknown>): Promise<unknown> {
  const database = await createTestDatabase()
  const sql = postgres(database.ownerUrl, { max: 1 })
  try {
    await change(sql)
    return await migrateCore(database.ownerUrl).catch((error: unknown) => error)
  } finally {
    await sql.end()
    await database.drop()
  }
}

test('a database that a newer version has migrated is refused with what to do, and left as it is', async () => {
  const error = await startOn(
    (sql) => sql`insert into drizzle.core_migrations (hash, created_at) values ('of-a-newer-version', 9999999999999)`,
  )
  expect(databaseNewer.is(error)).toBe(true)
  expect(String(error)).toContain('Start the newer version again')
})

test('a migration that was edited since is refused by its hash', async () => {
  const error = await startOn((sql) => sql`update drizzle.core_migrations set hash = 'edited' where id = 1`)
  expect(migrationChanged.is(error)).toBe(true)
})
