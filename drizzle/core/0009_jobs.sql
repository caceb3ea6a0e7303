-- Written by hand: the door to the job queue. graphile-worker makes its own schema, after these migrations; plpgsql
-- looks its functions up when they are called.

-- Queues a job; with a key, instead of the waiting one of the same key. Tenants take turns, however many jobs each has: a
-- job gets a place in line (its priority) one behind the tenant's last waiting job, yet never before the turn that is
-- served now (start-time fair queueing). What goes on takes the next turn. The flag tells workers whose job it is.
create function enqueue_job(task text, payload jsonb, key text, for_tenant text, goes_on boolean, run_after interval)
returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  turn integer;
  own_last integer;
begin
  select min(j.priority) into turn from graphile_worker._private_jobs j
  where j.is_available and j.run_at <= now();
  turn := coalesce(turn, 0);
  if not goes_on then
    select max(j.priority) + 1 into own_last from graphile_worker._private_jobs j
    where j.is_available and j.flags ? for_tenant;
    turn := greatest(turn, coalesce(own_last, 0));
  end if;
  perform graphile_worker.add_job(task, payload::json, run_at => now() + run_after, job_key => key,
    priority => least(turn, 32767), flags => array[for_tenant]);
end $$;
--> statement-breakpoint
revoke all on function enqueue_job(text, jsonb, text, text, boolean, interval) from public;
--> statement-breakpoint
grant execute on function enqueue_job(text, jsonb, text, text, boolean, interval) to tenantry_runtime;
--> statement-breakpoint
-- Gives jobs of servers that died back to the others: a server that works on jobs holds an advisory lock of its name as
-- long as its connection lives. Whoever asks names itself, as its own lock would not stop it. For the owner alone.
create function recover_jobs(asking text) returns text[] language plpgsql as $$
declare
  holder text;
  gone text[] := '{}';
begin
  for holder in select distinct j.locked_by from graphile_worker._private_jobs j where j.locked_by <> asking loop
    if pg_try_advisory_xact_lock(723641053, hashtext(holder)) then
      gone := gone || holder;
    end if;
  end loop;
  if gone <> '{}' then
    perform graphile_worker.force_unlock_workers(gone);
  end if;
  return gone;
end $$;
--> statement-breakpoint
revoke all on function recover_jobs(text) from public;
