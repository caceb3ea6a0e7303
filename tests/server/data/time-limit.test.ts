import { expect, test } from 'bun:test'
import { startApp } from '../../support/start-app.ts'

test.each([
  { pooler: 'none', source: 'client' },
  // PgBouncer refuses a client that asks for it, so there it is the role's.
  { pooler: 'transaction', source: 'user' },
])('statements end after 30 s; with DATABASE_POOLER=$pooler that is a setting of the $source', async (expected) => {
  const app = await startApp({ env: { DATABASE_POOLER: expected.pooler } })
  const [limit] = await app.services.core.db.execute<{ setting: string; source: string }>(
    `select setting, source from pg_settings where name = 'statement_timeout'`,
  )
  const hot = await app.services.core.hot.run(
    '',
    (sql) => sql`select source from pg_settings where name = 'statement_timeout'`,
  )
  await app.stop()
  expect([limit, ...hot]).toEqual([{ setting: '30000', source: expected.source }, { source: expected.source }])
})
