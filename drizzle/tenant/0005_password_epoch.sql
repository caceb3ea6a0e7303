ALTER TABLE "tenant"."tenant_users" ADD COLUMN "password_epoch" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
-- By hand from here. A session remembers the epoch it was made in, so that a password changed by SQL ends sessions also
-- where they are in another database (guarantee A10). The server itself ends sessions by name.
create function tenant.begin_password_epoch() returns trigger language plpgsql as $$
begin
  new.password_epoch := old.password_epoch + 1;
  return new;
end $$;
--> statement-breakpoint
create trigger begin_password_epoch before update of password_hash on tenant.tenant_users for each row
  when (old.password_hash is distinct from new.password_hash and tenant.is_changed_by_hand('tenant.tenant_users'))
  execute function tenant.begin_password_epoch();
--> statement-breakpoint
drop function tenant.read_user(text, uuid);
--> statement-breakpoint
create function tenant.read_user(for_tenant text, wanted_id uuid)
returns table (
  email text, full_name text, core_user_id uuid, is_active boolean, is_verified boolean, created_at timestamptz,
  password_epoch integer
) language plpgsql as $$
begin
  perform set_config('app.tenant_id', for_tenant, true);
  return query
    select u.email, u.full_name, u.core_user_id, u.is_active, u.is_verified, u.created_at, u.password_epoch
    from tenant.tenant_users u
    where u.tenant_id = for_tenant and u.id = wanted_id;
end $$;
