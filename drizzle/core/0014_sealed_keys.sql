-- The runtime role may know which key its own password is sealed with, and nothing more of it.
create function runtime_password_key_id() returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select split_part(runtime_password, '.', 2) from public.installation
$$;
--> statement-breakpoint
revoke all on function runtime_password_key_id() from public;
--> statement-breakpoint
grant execute on function runtime_password_key_id() to tenantry_runtime;
