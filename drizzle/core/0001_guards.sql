-- Written by hand: rights, notifications and the functions of the usage ledger (tenant-store.md, design §4 and §7).

do $$ begin
  create role tenantry_runtime nologin;
exception when duplicate_object or unique_violation then null;
end $$;
--> statement-breakpoint
grant usage on schema public to tenantry_runtime;
--> statement-breakpoint
grant select, insert, update, delete on
  users, tenants, tenant_prompt_versions, sign_in_sessions, usage_ledger, model_prices, idempotency_keys
  to tenantry_runtime;
--> statement-breakpoint
-- What was written to the audit log stays as it was (guarantee B13).
grant select, insert on audit_log to tenantry_runtime;
--> statement-breakpoint
-- The runtime may use up the setup token, but never read or change its own role's password.
grant select (singleton, id, setup_token_hash, setup_token_expires_at, created_at),
  update (setup_token_hash, setup_token_expires_at) on installation to tenantry_runtime;
--> statement-breakpoint
alter table installation add constraint installation_singleton check (singleton);
--> statement-breakpoint
-- Every replica hears of what decides over access, also when it was changed by hand.
create function announce_change() returns trigger language plpgsql as $$
declare changed_id text;
begin
  if tg_op = 'TRUNCATE' then
    perform pg_notify('tenantry_changes', 'everything');
    return null;
  end if;
  changed_id := coalesce(to_jsonb(new) ->> 'id', to_jsonb(old) ->> 'id');
  perform pg_notify('tenantry_changes', tg_argv[0] || ' ' || changed_id);
  return null;
end $$;
--> statement-breakpoint
create trigger announce after insert or update or delete on users
  for each row execute function announce_change('user');
--> statement-breakpoint
create trigger announce after insert or update or delete on tenants
  for each row execute function announce_change('tenant');
--> statement-breakpoint
-- Rotation of the refresh token changes nothing about access, so it stays silent.
create trigger announce after update of user_id, scope, tenant_id, expires_at, revoked_at or delete on sign_in_sessions
  for each row execute function announce_change('session');
--> statement-breakpoint
create trigger announce after insert or update or delete or truncate on model_prices
  for each statement execute function announce_change('prices');
--> statement-breakpoint
create trigger announce_truncate after truncate on users for each statement execute function announce_change('user');
--> statement-breakpoint
create trigger announce_truncate after truncate on tenants for each statement execute function announce_change('tenant');
--> statement-breakpoint
create trigger announce_truncate after truncate on sign_in_sessions
  for each statement execute function announce_change('session');
--> statement-breakpoint
-- Reserves several calls at once. The lease says until when the replica that made the call must settle or renew it.
create function reserve_usage(calls jsonb) returns void language sql as $$
  insert into public.usage_ledger (id, tenant_id, user_id, source, purpose, provider, model, prompt_tokens,
    completion_tokens, cost_micro_usd, status, usage_source, request_id, lease_expires_at)
  select c.id, c.tenant_id, c.user_id, c.source, c.purpose, c.provider, c.model, c.prompt_tokens,
    c.completion_tokens, c.cost_micro_usd, 'reserved', 'estimated', c.request_id,
    clock_timestamp() + interval '90 seconds'
  from jsonb_to_recordset(calls) as c(
    id uuid, tenant_id text, user_id uuid, source text, purpose text, provider text, model text,
    prompt_tokens integer, completion_tokens integer, cost_micro_usd bigint, request_id text)
$$;
--> statement-breakpoint
-- Settles several calls at once. Only a reserved row is settled, so each call counts exactly once.
create function settle_usage(calls jsonb) returns void language sql as $$
  update public.usage_ledger l set
    prompt_tokens = c.prompt_tokens, completion_tokens = c.completion_tokens, cached_tokens = c.cached_tokens,
    cost_micro_usd = c.cost_micro_usd, status = c.status, usage_source = c.usage_source,
    first_token_ms = c.first_token_ms, duration_ms = c.duration_ms,
    settled_at = clock_timestamp(), lease_expires_at = null
  from jsonb_to_recordset(calls) as c(
    id uuid, prompt_tokens integer, completion_tokens integer, cached_tokens integer, cost_micro_usd bigint,
    status text, usage_source text, first_token_ms integer, duration_ms integer)
  where l.id = c.id and l.status = 'reserved'
$$;
--> statement-breakpoint
-- Prices known to the maker at the time of writing, in micro-USD per million tokens; superusers keep them current.
insert into model_prices (provider, model, valid_from, input_per_million, cached_input_per_million, output_per_million) values
  ('openai', 'gpt-4o', '2025-01-01Z', 2500000, 1250000, 10000000),
  ('openai', 'gpt-4o-mini', '2025-01-01Z', 150000, 75000, 600000),
  ('openai', 'gpt-4.1', '2025-01-01Z', 2000000, 500000, 8000000),
  ('openai', 'gpt-4.1-mini', '2025-01-01Z', 400000, 100000, 1600000),
  ('openai', 'gpt-4.1-nano', '2025-01-01Z', 100000, 25000, 400000),
  ('openai', 'gpt-5', '2025-01-01Z', 1250000, 125000, 10000000),
  ('openai', 'gpt-5-mini', '2025-01-01Z', 250000, 25000, 2000000),
  ('openai', 'gpt-5-nano', '2025-01-01Z', 50000, 5000, 400000),
  ('openai', 'text-embedding-3-small', '2025-01-01Z', 20000, 20000, 0),
  ('openai', 'text-embedding-3-large', '2025-01-01Z', 130000, 130000, 0),
  ('offline', 'offline', '2025-01-01Z', 0, 0, 0);
--> statement-breakpoint
-- A pooled turn and its reservation are one transaction; plpgsql runs each exactly once, whatever the planner thinks.
create function begin_pooled_turns(turns jsonb, calls jsonb)
returns table (message_id uuid, stored boolean) language plpgsql as $$
begin
  perform public.reserve_usage(calls);
  return query select b.message_id, b.stored from tenant.begin_turns(turns) b;
end $$;
--> statement-breakpoint
create function finish_pooled_turns(turns jsonb, calls jsonb)
returns table (message_id uuid, stored boolean) language plpgsql as $$
begin
  perform public.settle_usage(calls);
  return query select f.message_id, f.stored from tenant.finish_turns(turns) f;
end $$;
