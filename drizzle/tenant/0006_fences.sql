CREATE TABLE "tenant"."fences" (
	"tenant_id" text NOT NULL,
	"move_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "fences_tenant_id_pk" PRIMARY KEY("tenant_id")
);
--> statement-breakpoint
-- By hand from here.
select tenant.guard_table('tenant.fences');
--> statement-breakpoint
-- Sets the tenant of a write and tells whether it takes writes here. Whoever moves the tenant first adds its fence, then
-- waits for the exclusive lock: after that every write either has been committed or finds the fence, as each statement
-- here takes a new snapshot.
create function tenant.takes_writes(for_tenant text) returns boolean language plpgsql as $$
begin
  perform set_config('app.tenant_id', for_tenant, true);
  perform pg_advisory_xact_lock_shared(723641056, hashtext(for_tenant));
  return not exists (select from tenant.fences f where f.tenant_id = for_tenant);
end $$;
--> statement-breakpoint
-- Begins a unit of work that writes.
create function tenant.enter_write(for_tenant text) returns void language plpgsql as $$
begin
  if not tenant.takes_writes(for_tenant) then
    raise exception 'the tenant is being moved to another store' using errcode = 'TNF01';
  end if;
end $$;
--> statement-breakpoint
-- Waits for the writes that began before the fence was there.
create function tenant.await_writes(for_tenant text) returns void language plpgsql as $$
begin
  perform pg_advisory_xact_lock(723641056, hashtext(for_tenant));
end $$;
--> statement-breakpoint
-- As before, but the turns of a tenant that is being moved come back with stored = null: they belong elsewhere.
create or replace function tenant.begin_turns(turns jsonb)
returns table (message_id uuid, stored boolean) language plpgsql as $$
declare turn record;
begin
  for turn in
    select * from jsonb_to_recordset(turns) as t(
      tenant_id text, user_id uuid, session_id uuid, new_session boolean, title text, message_id uuid, content text)
  loop
    if not tenant.takes_writes(turn.tenant_id) then
      message_id := turn.message_id;
      stored := null;
      return next;
      continue;
    end if;
    if turn.new_session then
      insert into tenant.chat_sessions (tenant_id, id, user_id, title)
      values (turn.tenant_id, turn.session_id, turn.user_id, turn.title);
    else
      update tenant.chat_sessions s set updated_at = clock_timestamp()
      where s.tenant_id = turn.tenant_id and s.id = turn.session_id and s.user_id = turn.user_id;
    end if;
    stored := found;
    message_id := turn.message_id;
    if stored then
      insert into tenant.chat_messages (tenant_id, id, session_id, role, content)
      values (turn.tenant_id, turn.message_id, turn.session_id, 'user', turn.content);
    end if;
    return next;
  end loop;
end $$;
--> statement-breakpoint
create or replace function tenant.finish_turns(turns jsonb)
returns table (message_id uuid, stored boolean) language plpgsql as $$
declare turn record;
begin
  for turn in
    select * from jsonb_to_recordset(turns) as t(
      tenant_id text, session_id uuid, message_id uuid, content text, status text,
      sources jsonb, cited integer[], usage jsonb)
  loop
    if not tenant.takes_writes(turn.tenant_id) then
      message_id := turn.message_id;
      stored := null;
      return next;
      continue;
    end if;
    -- Locks the session against its own deletion until the answer is in; also moves it to the top of the list.
    update tenant.chat_sessions s set updated_at = clock_timestamp()
    where s.tenant_id = turn.tenant_id and s.id = turn.session_id;
    stored := found;
    message_id := turn.message_id;
    if stored then
      -- Repeated after a lost connection: the id decides, so an answer is never stored twice.
      insert into tenant.chat_messages (tenant_id, id, session_id, role, content, status, sources, cited, usage)
      values (turn.tenant_id, turn.message_id, turn.session_id, 'assistant', turn.content, turn.status,
        turn.sources, turn.cited, turn.usage)
      on conflict (tenant_id, id) do nothing;
    end if;
    return next;
  end loop;
end $$;
