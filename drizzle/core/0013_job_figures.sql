-- Written by hand: how many jobs there are, for /metrics. The runtime role has no rights to the queue itself.

-- Of each task: waiting (never tried), retrying (failed before, waits), running, and failed (tried to the last).
create function job_figures() returns table (task text, state text, jobs bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query
    select t.identifier, case
        when j.locked_at is not null then 'running'
        when j.attempts >= j.max_attempts then 'failed'
        when j.attempts > 0 then 'retrying'
        else 'waiting'
      end, count(*)
    from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
    group by 1, 2;
end $$;
--> statement-breakpoint
revoke all on function job_figures() from public;
--> statement-breakpoint
grant execute on function job_figures() to tenantry_runtime;
