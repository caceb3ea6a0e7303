import { sql } from 'drizzle-orm'
import { defineError } from '../platform/errors.ts'
import type { Database } from './postgres.ts'

/** The database would not keep tenants apart. */
export const isolationBroken = defineError({
  code: 'start.isolation_broken',
  status: 500,
  title: 'The database would not keep tenants apart',
})

/**
 * Reads the catalog as the runtime role and refuses to go on unless schema `tenant` keeps tenants apart (guarantee
 * A4): every table has row-level security, FORCE, a policy with USING and WITH CHECK on the tenant; primary, unique
 * and foreign keys start with `tenant_id`; views over them, wherever they are, are `security_invoker`; the runtime role
 * owns nothing and neither is nor may become a superuser or BYPASSRLS; definer functions pin their search path; nobody
 * who serves requests may change the audit log. A dedicated store, which has no audit log, is checked the same way when
 * it is first opened, and must not be open to other roles.
 */
export async function verifyIsolation(database: Database): Promise<void> {
  const problems = await findIsolationProblems(database)
  if (problems.length > 0) {
    throw isolationBroken({ detail: `${problems.join('; ')}.` })
  }
}

/** Every way in which the catalog falls short of guarantee A4, as sentences. */
export async function findIsolationProblems(database: Database): Promise<string[]> {
  const rows = await database.execute<{ problem: string }>(sql`
    with tables as (
      select c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relowner
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'tenant' and c.relkind in ('r', 'p')
    ), expected as (
      select '(tenant_id = ( SELECT tenant.current_id() AS current_id))' as condition
    )
    select 'schema tenant has no tables' as problem where not exists (select from tables)
    union all
    select relname || ' has no row-level security' from tables where not relrowsecurity
    union all
    select relname || ' does not force row-level security' from tables where not relforcerowsecurity
    union all
    select relname || ' has no tenant policy' from tables t where not exists (
      select from pg_policy p, expected e
      where p.polrelid = t.oid and p.polname = 'tenant_rows' and p.polcmd = '*' and p.polpermissive
        and pg_get_expr(p.polqual, p.polrelid) = e.condition and pg_get_expr(p.polwithcheck, p.polrelid) = e.condition)
    union all
    select t.relname || ' has a policy ' || p.polname || ' that also lets the runtime role in'
    from tables t join pg_policy p on p.polrelid = t.oid
    where p.polname <> 'tenant_rows' and p.polpermissive and exists (
      select from unnest(p.polroles) r where r = 0 or pg_has_role(current_user, r, 'member'))
    union all
    select t.relname || ': ' || c.conname || ' does not start with tenant_id'
    from tables t join pg_constraint c on c.conrelid = t.oid and c.contype in ('p', 'u', 'f')
    where (select a.attname from pg_attribute a where a.attrelid = t.oid and a.attnum = c.conkey[1]) <> 'tenant_id'
    union all
    select t.relname || ': unique index ' || i.indexrelid::regclass || ' does not start with tenant_id'
    from tables t join pg_index i on i.indrelid = t.oid and i.indisunique
    where coalesce((select a.attname from pg_attribute a where a.attrelid = t.oid and a.attnum = i.indkey[0]), '') <> 'tenant_id'
    union all
    select relname || ' is owned by the runtime role' from tables where pg_has_role(current_user, relowner, 'member')
    union all
    select 'view ' || c.oid::regclass || ' is not security_invoker'
    from pg_class c
    where c.relkind in ('v', 'm')
      and not exists (
        select from pg_options_to_table(c.reloptions) o
        where o.option_name = 'security_invoker' and lower(o.option_value) in ('true', 'on', 'yes', '1'))
      and (c.relnamespace = to_regnamespace('tenant') or exists (
        select from pg_rewrite r join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
        join tables t on d.refclassid = 'pg_class'::regclass and d.refobjid = t.oid
        where r.ev_class = c.oid))
    union all
    select 'definer function ' || p.proname || ' does not pin its search path'
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'tenant' and p.prosecdef
      and not exists (select from unnest(coalesce(p.proconfig, '{}')) s where s like 'search_path=%')
    union all
    select 'tenant.current_id() does not read the transaction''s tenant' where not exists (
      select from pg_proc p
      where p.oid = to_regprocedure('tenant.current_id()') and not p.prosecdef and p.proconfig is null
        and btrim(regexp_replace(p.prosrc, '\\s+', ' ', 'g')) = 'select nullif(current_setting(''app.tenant_id'', true), '''')')
    union all
    select 'the role ' || rolname || ' that requests run as, or may become, is a superuser or bypasses row-level security'
    from pg_roles where (rolsuper or rolbypassrls) and (rolname = current_user or pg_has_role(current_user, oid, 'member'))
    union all
    select 'the runtime role owns ' || pg_describe_object(o.classid, o.objid, o.objsubid)
    from pg_shdepend o
    where o.deptype = 'o' and o.refclassid = 'pg_authid'::regclass
      and o.refobjid = (select oid from pg_roles where rolname = current_user)
      and o.dbid in (0, (select oid from pg_database where datname = current_database()))
    union all
    select 'the role ' || current_user || ' is no member of tenantry_runtime'
    where not pg_has_role(current_user, 'tenantry_runtime', 'usage')
    union all
    select 'the runtime role may change the audit log'
    where has_table_privilege(current_user, to_regclass('public.audit_log')::oid, 'delete, truncate')
      or has_any_column_privilege(current_user, to_regclass('public.audit_log')::oid, 'update')
    union all
    select 'the database is open to every role'
    where to_regclass('public.audit_log') is null and exists (
      select from pg_database where datname = current_database() and (datacl is null or exists (
        select from aclexplode(datacl) where grantee = 0 and privilege_type = 'CONNECT')))`)
  return rows.map((row) => row.problem)
}
