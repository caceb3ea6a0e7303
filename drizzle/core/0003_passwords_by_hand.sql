-- Written by hand. A password that was changed by SQL ends the user's sessions (guarantee A10); the server ends them by
-- itself, but for the session that asked, and a re-hash of the same password at sign-in ends none.
create function is_changed_by_hand(changed regclass) returns boolean language sql stable
  as $$
    select pg_has_role(current_user, c.relowner, 'member') or not pg_has_role(current_user, 'tenantry_runtime', 'member')
    from pg_class c where c.oid = changed
  $$;
--> statement-breakpoint
create function end_sessions_of_user() returns trigger language plpgsql security definer
  set search_path = pg_catalog, pg_temp as $$
begin
  update public.sign_in_sessions set revoked_at = clock_timestamp(), revoked_reason = 'password changed by hand'
  where user_id = new.id and revoked_at is null;
  return null;
end $$;
--> statement-breakpoint
revoke all on function end_sessions_of_user() from public;
--> statement-breakpoint
create trigger end_sessions after update of password_hash on users for each row
  when (old.password_hash is distinct from new.password_hash and is_changed_by_hand('public.users'))
  execute function end_sessions_of_user();
