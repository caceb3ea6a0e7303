-- Written by hand. As before, but only the newest messages that together have at most 1 MiB come back: a hostile model's
-- answers are long, and all of them would be loaded for each question. That is some 300,000 tokens, more than fits
-- beside an answer in most models' windows. Sizes are read from the rows' headers: what stays is never decompressed.
create or replace function tenant.open_turn(for_tenant text, for_user uuid, wanted_session uuid, messages_max integer)
returns table (role text, content text) language plpgsql as $$
declare bytes_max constant bigint := 1048576;
begin
  perform set_config('app.tenant_id', for_tenant, true);
  return query
    select 'session'::text, ''::text
    from tenant.chat_sessions s
    where s.tenant_id = for_tenant and s.id = wanted_session and s.user_id = for_user;
  if not found then return; end if;
  return query
    select fitting.role, fitting.content from (
      select recent.role, recent.content, recent.created_at, recent.id,
        sum(octet_length(recent.content)) over (order by recent.created_at desc, recent.id desc) as bytes
      from (
        select m.role, m.content, m.created_at, m.id
        from tenant.chat_messages m
        where m.tenant_id = for_tenant and m.session_id = wanted_session and m.content <> ''
        order by m.created_at desc, m.id desc
        limit messages_max
      ) recent
    ) fitting
    where fitting.bytes <= bytes_max
    order by fitting.created_at, fitting.id;
end $$;
