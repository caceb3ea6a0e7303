-- Written by hand. As before, but a turn may be begun again when the connection was lost before it was known whether it
-- had been stored: the ids decide, so nothing is stored twice.
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
    stored := false;
    if turn.new_session then
      insert into tenant.chat_sessions (tenant_id, id, user_id, title)
      values (turn.tenant_id, turn.session_id, turn.user_id, turn.title)
      on conflict (tenant_id, id) do nothing;
      stored := found;
    end if;
    if not stored then
      update tenant.chat_sessions s set updated_at = clock_timestamp()
      where s.tenant_id = turn.tenant_id and s.id = turn.session_id and s.user_id = turn.user_id;
      stored := found;
    end if;
    message_id := turn.message_id;
    if stored then
      insert into tenant.chat_messages (tenant_id, id, session_id, role, content)
      values (turn.tenant_id, turn.message_id, turn.session_id, 'user', turn.content)
      on conflict (tenant_id, id) do nothing;
    end if;
    return next;
  end loop;
end $$;
--> statement-breakpoint
-- As before, but the whole answer of a server that lives after all replaces the half that was kept for it.
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
      insert into tenant.chat_messages as m (tenant_id, id, session_id, role, content, status, sources, cited, usage)
      values (turn.tenant_id, turn.message_id, turn.session_id, 'assistant', turn.content, turn.status,
        turn.sources, turn.cited, turn.usage)
      on conflict (tenant_id, id) do update set content = excluded.content, status = excluded.status,
        sources = excluded.sources, cited = excluded.cited, usage = excluded.usage
      where m.status = 'aborted' and excluded.status = 'completed';
    end if;
    return next;
  end loop;
end $$;
