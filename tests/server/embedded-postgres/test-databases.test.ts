import { afterAll, expect, test } from 'bun:test'
import postgres from 'postgres'
import { createOwnerRole, createTestDatabase } from '../../support/databases.ts'

const opened: { drop(): Promise<void> }[] = []
afterAll(async () => {
  for (const database of opened) await database.drop()
})

test("each test file's database is migrated and its own", async () => {
  const databases = await Promise.all([createTestDatabase(), createTestDatabase(), createTestDatabase()])
  opened.push(...databases)
  expect(new Set(databases.map((database) => database.name)).size).toBe(3)
  for (const database of databases) {
    const sql = postgres(database.ownerUrl, { max: 1 })
    expect(await sql`select count(*)::int as tenants from tenants`).toMatchObject([{ tenants: 0 }])
    await sql`insert into installation (id) values (gen_random_uuid())`
    await sql.end()
  }
})

test('the weak owner owns its database and is no superuser', async () => {
  const database = await createOwnerRole()
  opened.push(database)
  const sql = postgres(database.ownerUrl, { max: 1 })
  const [row] = await sql`
    select rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, pg_get_userbyid(datdba) = current_user as owns
    from pg_roles, pg_database where rolname = current_user and datname = current_database()`
  await sql.end()
  expect(row).toEqual({ rolsuper: false, rolcreatedb: true, rolcreaterole: true, rolbypassrls: false, owns: true })
})

test('a dropped test database is gone, connected or not', async () => {
  const database = await createTestDatabase()
  const sql = postgres(database.ownerUrl, { max: 1 })
  await sql`select 1`
  await database.drop()
  await database.drop()
  expect(await sql`select 1`.catch((error: unknown) => error)).toBeInstanceOf(Error)
  await sql.end({ timeout: 1 })
})
