import { afterAll, beforeAll, expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import { findIsolationProblems, isolationBroken } from '../../server/data/verify-isolation.ts'
import { systemClock } from '../../server/platform/clock.ts'
import { readConfig } from '../../server/platform/config.ts'
import { createLog } from '../../server/platform/log.ts'
import { createServices, type Services } from '../../server/services.ts'
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

interface Break {
  title: string
  says: RegExp
  break: string[]
  mend: string[]
}

/** Who is no superuser gives things only to a role that it is a member of and that may make such things there. */
const mayOwn = ['grant {role} to current_user', 'grant create on schema tenant to {role}']
const mayOwnNoMore = ['revoke create on schema tenant from {role}', 'revoke {role} from current_user']

/** Each way to break it, how it is told, and the way back. */
const breaks: Break[] = [
  {
    title: 'row-level security is switched off',
    says: /documents has no row-level security/,
    break: ['alter table tenant.documents disable row level security'],
    mend: ['alter table tenant.documents enable row level security'],
  },
  {
    title: 'FORCE is dropped',
    says: /chunks does not force row-level security/,
    break: ['alter table tenant.chunks no force row level security'],
    mend: ['alter table tenant.chunks force row level security'],
  },
  {
    title: 'the policy lets everything be read',
    says: /chat_messages has no tenant policy/,
    break: ['alter policy tenant_rows on tenant.chat_messages using (true)'],
    mend: ['alter policy tenant_rows on tenant.chat_messages using (tenant_id = (select tenant.current_id()))'],
  },
  {
    title: 'the policy lets everything be written',
    says: /chat_messages has no tenant policy/,
    break: ['alter policy tenant_rows on tenant.chat_messages with check (true)'],
    mend: ['alter policy tenant_rows on tenant.chat_messages with check (tenant_id = (select tenant.current_id()))'],
  },
  {
    title: 'the policy is gone',
    says: /chat_sessions has no tenant policy/,
    break: ['drop policy tenant_rows on tenant.chat_sessions'],
    mend: [
      `create policy tenant_rows on tenant.chat_sessions to tenantry_runtime
         using (tenant_id = (select tenant.current_id())) with check (tenant_id = (select tenant.current_id()))`,
    ],
  },
  {
    title: 'a second policy lets everybody in',
    says: /documents has a policy extra that also lets the runtime role in/,
    break: ['create policy extra on tenant.documents for select to public using (true)'],
    mend: ['drop policy extra on tenant.documents'],
  },
  {
    title: 'a second policy lets the runtime group in',
    says: /documents has a policy extra that also lets the runtime role in/,
    break: ['create policy extra on tenant.documents to tenantry_runtime using (true) with check (true)'],
    mend: ['drop policy extra on tenant.documents'],
  },
  {
    title: 'a table is added and not guarded',
    says: /forgotten has no row-level security/,
    break: ['create table tenant.forgotten (tenant_id text, id uuid, primary key (tenant_id, id))'],
    mend: ['drop table tenant.forgotten'],
  },
  {
    title: 'the function that names the tenant is replaced',
    says: /current_id\(\) does not read the transaction's tenant/,
    break: [`create or replace function tenant.current_id() returns text language sql stable as $$ select 'acme' $$`],
    mend: [
      `create or replace function tenant.current_id() returns text language sql stable parallel safe
         as $$ select nullif(current_setting('app.tenant_id', true), '') $$`,
    ],
  },
  {
    title: 'the runtime role owns a table',
    says: /documents is owned by the runtime role/,
    break: [...mayOwn, 'alter table tenant.documents owner to {role}'],
    mend: ['alter table tenant.documents owner to current_user', ...mayOwnNoMore],
  },
  {
    title: 'the runtime role owns the schema',
    says: /the runtime role owns schema tenant/,
    break: [
      'grant {role} to current_user',
      'grant create on database {database} to {role}',
      'alter schema tenant owner to {role}',
    ],
    mend: [
      'alter schema tenant owner to current_user',
      'revoke create on database {database} from {role}',
      'revoke {role} from current_user',
    ],
  },
  {
    title: 'the runtime role owns a definer function',
    says: /the runtime role owns function tenant\.search_chunks/,
    break: [...mayOwn, 'alter function tenant.search_chunks(text, text[], text[], text, integer) owner to {role}'],
    mend: [
      'alter function tenant.search_chunks(text, text[], text[], text, integer) owner to current_user',
      ...mayOwnNoMore,
    ],
  },
  {
    title: 'a foreign key has one column',
    says: /documents: loose does not start with tenant_id/,
    break: [
      'alter table tenant.documents add column parent_id uuid',
      'alter table tenant.documents add column other_id uuid',
      'alter table tenant.documents add constraint other unique (tenant_id, other_id)',
      'alter table tenant.documents add constraint loose foreign key (parent_id, tenant_id) references tenant.documents (id, tenant_id)',
    ],
    mend: [
      'alter table tenant.documents drop constraint loose',
      'alter table tenant.documents drop column parent_id',
      'alter table tenant.documents drop column other_id',
    ],
  },
  {
    title: 'a unique constraint does not know tenants',
    says: /documents: loose does not start with tenant_id/,
    break: ['alter table tenant.documents add constraint loose unique (id)'],
    mend: ['alter table tenant.documents drop constraint loose'],
  },
  {
    title: 'a unique index does not know tenants',
    says: /unique index tenant\.loose does not start with tenant_id/,
    break: ['create unique index loose on tenant.tenant_users (lower(email), tenant_id)'],
    mend: ['drop index tenant.loose'],
  },
  {
    title: 'a view runs as its owner',
    says: /view tenant\.everything is not security_invoker/,
    break: ['create view tenant.everything as select * from tenant.chat_messages'],
    mend: ['drop view tenant.everything'],
  },
  {
    title: 'a view of another schema shows tenants’ rows as its owner',
    says: /view everything is not security_invoker/,
    break: ['create view public.everything as select * from tenant.chat_messages'],
    mend: ['drop view public.everything'],
  },
  {
    title: 'a materialized view keeps tenants’ rows',
    says: /view tenant\.kept is not security_invoker/,
    break: ['create materialized view tenant.kept as select * from tenant.chat_messages'],
    mend: ['drop materialized view tenant.kept'],
  },
  {
    title: 'a definer function does not pin its search path',
    says: /definer function search_chunks does not pin its search path/,
    break: ['alter function tenant.search_chunks(text, text[], text[], text, integer) reset search_path'],
    mend: [
      'alter function tenant.search_chunks(text, text[], text[], text, integer) set search_path = pg_catalog, pg_temp',
    ],
  },
  {
    title: 'the audit log may be updated',
    says: /may change the audit log/,
    break: ['grant update on public.audit_log to tenantry_runtime'],
    mend: ['revoke update on public.audit_log from tenantry_runtime'],
  },
  {
    title: 'one column of the audit log may be updated',
    says: /may change the audit log/,
    break: ['grant update (outcome) on public.audit_log to {role}'],
    mend: ['revoke update (outcome) on public.audit_log from {role}'],
  },
  {
    title: 'the audit log may be deleted',
    says: /may change the audit log/,
    break: ['grant delete on public.audit_log to public'],
    mend: ['revoke delete on public.audit_log from public'],
  },
]

/** The same for what only a superuser of PostgreSQL does. */
const breaksBySuperuser: Break[] = [
  {
    title: 'the runtime role bypasses row-level security',
    says: /is a superuser or bypasses row-level security/,
    break: ['alter role {role} bypassrls'],
    mend: ['alter role {role} nobypassrls'],
  },
  {
    title: 'the runtime role is a superuser',
    says: /is a superuser or bypasses row-level security/,
    break: ['alter role {role} superuser'],
    mend: ['alter role {role} nosuperuser'],
  },
  {
    title: 'the runtime role may become one that bypasses row-level security',
    says: /is a superuser or bypasses row-level security/,
    break: ['create role {role}_door nologin bypassrls', 'grant {role}_door to {role}'],
    mend: ['drop role {role}_door'],
  },
]

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
