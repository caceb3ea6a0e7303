-- A table emptied by hand says nothing of its rows, so everything is read anew.
create function tenant.announce_everything() returns trigger language plpgsql as $$
begin
  perform pg_notify('tenantry_changes', 'everything');
  return null;
end $$;
--> statement-breakpoint
create trigger announce_truncate after truncate on tenant.tenant_users
  for each statement execute function tenant.announce_everything();
--> statement-breakpoint
create trigger announce_truncate after truncate on tenant.documents
  for each statement execute function tenant.announce_everything();
