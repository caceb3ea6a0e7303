-- Written by hand. As before, but what a lease settled by an estimate gives way to the figures of the server that made
-- the call, should it live after all (it was cut off from the database for longer than the lease). How long a call took
-- is told by such a server alone, so a row without a duration is an estimate, and its truth replaces it once.
create or replace function settle_usage(calls jsonb) returns void language sql as $$
  update public.usage_ledger l set
    prompt_tokens = c.prompt_tokens, completion_tokens = c.completion_tokens, cached_tokens = c.cached_tokens,
    cost_micro_usd = c.cost_micro_usd, status = c.status, usage_source = c.usage_source,
    first_token_ms = c.first_token_ms, duration_ms = c.duration_ms,
    settled_at = clock_timestamp(), lease_expires_at = null
  from jsonb_to_recordset(calls) as c(
    id uuid, prompt_tokens integer, completion_tokens integer, cached_tokens integer, cost_micro_usd bigint,
    status text, usage_source text, first_token_ms integer, duration_ms integer)
  where l.id = c.id
    and (l.status = 'reserved' or (l.status = 'aborted' and l.duration_ms is null and c.duration_ms is not null))
$$;
