import { asOwner, onDatabase } from './owner-sql.ts'
import { getTestServerUrl } from './test-server.ts'

/**
 * How to do something in a test's database as a superuser of PostgreSQL: as the one of TEST_SUPERUSER_URL, else as who
 * the tests' server is used by. `undefined` when that is none: such tests are skipped, and their titles say why.
 * @throws without one where REQUIRE_ALL is set
 */
export async function findSuperuser(): Promise<typeof asOwner | undefined> {
  const address = process.env.TEST_SUPERUSER_URL || (await getTestServerUrl())
  const [self] = await onDatabase(address, (sql) => sql`select rolsuper from pg_roles where rolname = current_user`)
  if (self?.rolsuper) {
    return ({ database }, work) => {
      const url = new URL(address)
      url.pathname = new URL(database.ownerUrl).pathname
      return onDatabase(url.toString(), work)
    }
  }
  if (process.env.TEST_SUPERUSER_URL) throw new Error('TEST_SUPERUSER_URL is not the address of a superuser')
  if (process.env.REQUIRE_ALL === '1') throw new Error('REQUIRE_ALL is set, and there is no TEST_SUPERUSER_URL')
  return undefined
}
