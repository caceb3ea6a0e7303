import postgres from 'postgres'
import type { TestDatabase } from './databases.ts'

/** Does something in a test's database as its owner: what an operator types by hand. */
export async function asOwner<T>(
  app: { database: Pick<TestDatabase, 'ownerUrl'> },
  work: (sql: postgres.Sql) => Promise<T>,
): Promise<T> {
  const sql = postgres(app.database.ownerUrl, { max: 1, onnotice: () => undefined })
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 5 })
  }
}
