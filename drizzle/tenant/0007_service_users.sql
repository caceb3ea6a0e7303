ALTER TABLE "tenant"."tenant_users" ADD COLUMN "is_service" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant"."tenant_users" ADD CONSTRAINT "tenant_users_service" CHECK (not "tenant"."tenant_users"."is_service" or ("tenant"."tenant_users"."core_user_id" is null and "tenant"."tenant_users"."password_hash" is null));
--> statement-breakpoint
-- By hand from here.
drop function tenant.read_user(text, uuid);
--> statement-breakpoint
create function tenant.read_user(for_tenant text, wanted_id uuid)
returns table (
  email text, full_name text, core_user_id uuid, is_active boolean, is_verified boolean, is_service boolean,
  created_at timestamptz, password_epoch integer
) language plpgsql as $$
begin
  perform set_config('app.tenant_id', for_tenant, true);
  return query
    select u.email, u.full_name, u.core_user_id, u.is_active, u.is_verified, u.is_service, u.created_at,
      u.password_epoch
    from tenant.tenant_users u
    where u.tenant_id = for_tenant and u.id = wanted_id;
end $$;
