-- Written by hand. A tenant user's password that was changed by SQL ends its sessions (guarantee A10), as
-- core/0003_passwords_by_hand does for platform users. A dedicated database has no sessions to end.
create function tenant.is_changed_by_hand(changed regclass) returns boolean language sql stable
  as $$
    select pg_has_role(current_user, c.relowner, 'member') or not pg_has_role(current_user, 'tenantry_runtime', 'member')
    from pg_class c where c.oid = changed
  $$;
--> statement-breakpoint
create function tenant.end_sessions_of_user() returns trigger language plpgsql security definer
  set search_path = pg_catalog, pg_temp as $$
begin
  if to_regclass('public.sign_in_sessions') is not null then
    execute 'update public.sign_in_sessions
      set revoked_at = clock_timestamp(), revoked_reason = ''password changed by hand''
      where user_id = $1 and tenant_id = $2 and revoked_at is null' using new.id, new.tenant_id;
  end if;
  return null;
end $$;
--> statement-breakpoint
revoke all on function tenant.end_sessions_of_user() from public;
--> statement-breakpoint
create trigger end_sessions after update of password_hash on tenant.tenant_users for each row
  when (old.password_hash is distinct from new.password_hash and tenant.is_changed_by_hand('tenant.tenant_users'))
  execute function tenant.end_sessions_of_user();
--> statement-breakpoint
-- As before, but of a long question only the first 64 different words count: the ranking costs time for each word and
-- passage (5,000 words: 83 ms a passage), and a message may have 32,000 characters.
create or replace function tenant.search_chunks(query_text text, chunks_max integer)
returns table (
  chunk_id uuid, document_id uuid, title text, url text, text text, start_offset integer, end_offset integer, score real
) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with query as (
    select string_agg(quote_literal(first_words.lexeme), ' | ')::tsquery as words
    from (
      select lexeme from unnest(to_tsvector('english', query_text)) as found(lexeme, positions, weights)
      order by positions[1], lexeme limit 64
    ) first_words
  )
  select c.id, c.document_id, d.title, d.url, c.text, c.start_offset, c.end_offset,
    ts_rank_cd(c.search_vector, query.words, 1) as score
  from query, tenant.chunks c
  join tenant.documents d on d.tenant_id = c.tenant_id and d.id = c.document_id
  where c.tenant_id = tenant.current_id() and c.search_vector @@ query.words
  order by score desc, c.id
  limit least(greatest(chunks_max, 0), 100)
$$;
