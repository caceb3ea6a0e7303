import { afterAll, beforeAll, expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import { findIsolationProblems, isolationBroken } from '../../server/data/verify-isolation.ts'
import { systemClock } from '../../server/platform/clock.ts'
import { readConfig } from '../../server/platform/config.ts'
import { createLog } from '../../server/platform/log.ts'
import { createServices, type Services } from '../../server/services.ts'
import { type Break, breaks, breaksBySuperuser } from '../support/catalog-breaks.ts'
import { createOwnerRole, createTestDatabase, type TestDatabase } from '../support/databases.ts'
import { asOwner } from '../support/owner-sql.ts'
import { findSuperuser } from '../support/superuser-sql.ts'
import { startApp, testSecrets } from '../support/start-app.ts'

/** A scratch database that is broken and mended again; `{role}` stands for the runtime role in it. */
let database: TestDatabase
let services: Services
let role: string

const start = async (): Promise<Services> =>
  createServices({
    config: await readConfig({ NODE_ENV: 'development', DATABASE_URL: database.ownerUrl, ...testSecrets }),
    address: { databaseUrl: database.ownerUrl, directUrl: database.ownerUrl },
    log: createLog({ level: 'silent' }),
    clock: systemClock,
  })

beforeAll(async () => {
  database = await createTestDatabase()
  services = await start()
  const [row] = await services.core.db.execute<{ role: string }>(sql`select current_user as role`)
  role = row?.role ?? ''
})
afterAll(async () => {
  await services.close()
  await database.drop()
})

const typed = (statements: string[], as: typeof asOwner = asOwner): Promise<void> =>
  as({ database }, async (sql) => {
    for (const statement of statements)
      await sql.unsafe(statement.replaceAll('{role}', role).replaceAll('{database}', database.name))
  })

test('A4: the catalog of a migrated database has no problem', async () => {
  expect(role).toStartWith('tenantry_')
  expect(await findIsolationProblems(services.core.db)).toEqual([])
})

test('A4: a database whose owner is NOSUPERUSER CREATEDB CREATEROLE has none either', async () => {
  const weak = await createOwnerRole()
  try {
    const app = await startApp({ database: weak, migrate: true })
    try {
      expect(await findIsolationProblems(app.services.core.db)).toEqual([])
    } finally {
      await app.stop()
    }
  } finally {
    await weak.drop()
  }
})

test('A4: every table of schema tenant has row-level security, FORCE, USING and WITH CHECK on the tenant', async () => {
  const rows = await asOwner(
    { database },
    (sql) => sql<{ name: string; on: boolean; forced: boolean; using: string; check: string; keys: string[] }[]>`
      select c.relname as name, c.relrowsecurity as on, c.relforcerowsecurity as forced,
        pg_get_expr(p.polqual, c.oid) as using, pg_get_expr(p.polwithcheck, c.oid) as check,
        array(select pg_get_constraintdef(k.oid) from pg_constraint k
          where k.conrelid = c.oid and k.contype in ('p', 'u', 'f')) as keys
      from pg_class c left join pg_policy p on p.polrelid = c.oid and p.polname = 'tenant_rows'
      where c.relnamespace = 'tenant'::regnamespace and c.relkind in ('r', 'p')`,
  )
  expect(rows.length).toBeGreaterThanOrEqual(5)
  for (const row of rows) {
    expect([row.name, row.on, row.forced]).toEqual([row.name, true, true])
    expect(row.using).toMatch(/^\(tenant_id = \( ?SELECT tenant\.current_id\(\)/)
    expect(row.check).toBe(row.using)
    expect(row.keys.filter((key) => !/^(PRIMARY KEY|UNIQUE|FOREIGN KEY) \(tenant_id[,)]/.test(key))).toEqual([])
  }
})

async function expectRefusal(broken: Break, as: typeof asOwner): Promise<void> {
  await typed(broken.break, as)
  try {
    expect((await findIsolationProblems(services.core.db)).join('\n')).toMatch(broken.says)
    const refusal = await start().then(
      async (started) => {
        await started.close()
        return undefined
      },
      (error: unknown) => error,
    )
    expect(isolationBroken.is(refusal)).toBe(true)
    expect(String(refusal)).toMatch(broken.says)
  } finally {
    await typed(broken.mend, as)
  }
  expect(await findIsolationProblems(services.core.db)).toEqual([])
}

test.each(breaks)('A4: the server does not start when $title', (broken) => expectRefusal(broken, asOwner))

const superuser = await findSuperuser()
test.skipIf(!superuser).each(breaksBySuperuser)(
  `A4: the server does not start when $title${superuser ? '' : ' (skipped: needs TEST_SUPERUSER_URL)'}`,
  (broken) => expectRefusal(broken, superuser ?? asOwner),
)

test('A4: a runtime role that left its group is told, and a start puts it back', async () => {
  await typed(['revoke tenantry_runtime from {role}', 'grant usage on schema tenant, public to {role}'])
  const problems = await findIsolationProblems(services.core.db)
  expect(problems.join()).toContain(`the role ${role} is no member of tenantry_runtime`)
  await (await start()).close()
  await typed(['revoke usage on schema tenant, public from {role}'])
  expect(await findIsolationProblems(services.core.db)).toEqual([])
})

test('A4: what does no harm stops no start: security_invoker in any spelling, restrictive policies, plain indexes', async () => {
  await typed([
    'create view tenant.invoked with (security_invoker = on) as select * from tenant.chat_messages',
    'create policy narrower on tenant.documents as restrictive to tenantry_runtime using (true)',
    'create index plain on tenant.documents (title)',
    'create view public.unrelated as select 1 as one',
  ])
  expect(await findIsolationProblems(services.core.db)).toEqual([])
  await typed([
    'drop view tenant.invoked',
    'drop policy narrower on tenant.documents',
    'drop index tenant.plain',
    'drop view public.unrelated',
  ])
})
