/** A way to break the separation of tenants, how it is told, and the way back; `{role}` and `{database}` are filled in. */
export interface Break {
  title: string
  says: RegExp
  break: string[]
  mend: string[]
}

/** Who is no superuser gives things only to a role that it is a member of and that may make such things there. */
const mayOwn = ['grant {role} to current_user', 'grant create on schema tenant to {role}']
const mayOwnNoMore = ['revoke create on schema tenant from {role}', 'revoke {role} from current_user']

/** What the owner of the schema can break. */
export const breaks: Break[] = [
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

/** What only a superuser of PostgreSQL can. */
export const breaksBySuperuser: Break[] = [
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
