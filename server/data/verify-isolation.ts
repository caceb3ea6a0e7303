import type postgres from 'postgres'
import { defineError } from '../platform/errors.ts'

/** The database would not keep tenants apart. */
export const isolationBroken = defineError({
  code: 'start.isolation_broken',
  status: 500,
  title: 'The database would not keep tenants apart',
})

/**
 * Reads the catalog as the runtime role and refuses to go on unless schema `tenant` keeps tenants apart (guarantee
 * A4): every table has row-level security, FORCE, a policy with USING and WITH CHECK on the tenant; primary, unique
 * and foreign keys start with `tenant_id`; views are `security_invoker`; the runtime role owns nothing and is neither
 * superuser nor BYPASSRLS; definer functions pin their search path.
 */
export async function verifyIsolation(runtime: postgres.Sql): Promise<void> {
  const problems = await findIsolationProblems(runtime)
  if (problems.length > 0) {
    throw isolationBroken({ detail: `The server does not start: ${problems.join('; ')}.` })
  }
}

/** Every way in which the catalog falls short of guarantee A4, as sentences. */
export async function findIsolationProblems(runtime: postgres.Sql): Promise<string[]> {
  const rows = await runtime<{ problem: string }[]>`
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
    select 'view ' || c.relname || ' is not security_invoker'
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'tenant' and c.relkind in ('v', 'm')
      and not coalesce(c.reloptions @> array['security_invoker=true'], false)
    union all
    select 'definer function ' || p.proname || ' does not pin its search path'
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'tenant' and p.prosecdef
      and not exists (select from unnest(coalesce(p.proconfig, '{}')) s where s like 'search_path=%')
    union all
    select 'the role ' || rolname || ' that requests run as is a superuser or bypasses row-level security'
    from pg_roles where rolname = current_user and (rolsuper or rolbypassrls)
    union all
    select 'the role ' || current_user || ' is no member of tenantry_runtime'
    where not pg_has_role(current_user, 'tenantry_runtime', 'usage')
    union all
    select 'the runtime role may change the audit log'
    where has_table_privilege(current_user, 'public.audit_log', 'update, delete, truncate')`
  return rows.map((row) => row.problem)
}
