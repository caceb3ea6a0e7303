ALTER TABLE "tenant"."documents" ADD COLUMN "language" text DEFAULT 'simple' NOT NULL;--> statement-breakpoint
CREATE INDEX "documents_languages" ON "tenant"."documents" USING btree ("tenant_id","language");--> statement-breakpoint
ALTER TABLE "tenant"."chunks" ADD COLUMN "title" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant"."chunks" ADD COLUMN "language" text DEFAULT 'simple' NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant"."chunks" ADD COLUMN "heading" text;--> statement-breakpoint
-- By hand from here. What was there had been indexed as English.
update tenant.documents set language = 'english';
--> statement-breakpoint
update tenant.chunks c set title = d.title, language = d.language
from tenant.documents d where d.tenant_id = c.tenant_id and d.id = c.document_id;
--> statement-breakpoint
-- A name instead of a column of type regconfig: pg_upgrade refuses those. Unknown names search like `simple`.
create function tenant.search_configuration(language text) returns regconfig language sql immutable parallel safe as $$
  select case language
    when 'arabic' then 'pg_catalog.arabic'::regconfig
    when 'armenian' then 'pg_catalog.armenian'::regconfig
    when 'basque' then 'pg_catalog.basque'::regconfig
    when 'catalan' then 'pg_catalog.catalan'::regconfig
    when 'danish' then 'pg_catalog.danish'::regconfig
    when 'dutch' then 'pg_catalog.dutch'::regconfig
    when 'english' then 'pg_catalog.english'::regconfig
    when 'finnish' then 'pg_catalog.finnish'::regconfig
    when 'french' then 'pg_catalog.french'::regconfig
    when 'german' then 'pg_catalog.german'::regconfig
    when 'greek' then 'pg_catalog.greek'::regconfig
    when 'hindi' then 'pg_catalog.hindi'::regconfig
    when 'hungarian' then 'pg_catalog.hungarian'::regconfig
    when 'italian' then 'pg_catalog.italian'::regconfig
    when 'lithuanian' then 'pg_catalog.lithuanian'::regconfig
    when 'norwegian' then 'pg_catalog.norwegian'::regconfig
    when 'portuguese' then 'pg_catalog.portuguese'::regconfig
    when 'romanian' then 'pg_catalog.romanian'::regconfig
    when 'russian' then 'pg_catalog.russian'::regconfig
    when 'serbian' then 'pg_catalog.serbian'::regconfig
    when 'spanish' then 'pg_catalog.spanish'::regconfig
    when 'swedish' then 'pg_catalog.swedish'::regconfig
    when 'tamil' then 'pg_catalog.tamil'::regconfig
    when 'turkish' then 'pg_catalog.turkish'::regconfig
    else 'pg_catalog.simple'::regconfig
  end
$$;
--> statement-breakpoint
-- What PostgreSQL takes for words. In databases whose character type is C it takes typographic marks for letters. Chinese
-- and Japanese are written without spaces: each of their characters is a word, found by being near the next.
create function tenant.space_words(words text) returns text language sql immutable parallel safe as $$
  select case when words !~ '[^\u0001-\u007f]' then words else regexp_replace(
    -- Soft hyphens are inside words.
    regexp_replace(replace(words, chr(173), ''), '[\u00a0-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb-\u00bf\u00d7\u00f7'
      '\u2000-\u200b\u200e-\u206f\u20a0-\u20cf\u2190-\u2bff\u2e00-\u2e7f\u3000-\u303f\uff01-\uff0f\uff1a-\uff20]', ' ', 'g'),
    '([\u3040-\u30ff\u3400-\u9fff])', ' \1 ', 'g') end
$$;
--> statement-breakpoint
-- A title weighs most (A), then headings (B), then the text (D).
create function tenant.make_search_vector(language text, title text, heading text, body text) returns tsvector
  language sql immutable parallel safe as $$
  select setweight(to_tsvector(tenant.search_configuration(language), tenant.space_words(title)), 'A')
    || setweight(to_tsvector(tenant.search_configuration(language), tenant.space_words(coalesce(heading, ''))), 'B')
    || to_tsvector(tenant.search_configuration(language), tenant.space_words(body))
$$;
--> statement-breakpoint
-- Where a tenant's words of one language are in the index. A collision costs time, no more: rows are checked again.
create function tenant.search_scope(tenant_id text, language text) returns text language sql immutable parallel safe as $$
  select left(md5(tenant_id || ' ' || language), 8)
$$;
--> statement-breakpoint
-- The index's keys of a passage, so that a search costs what its own tenant has, whatever the others have: each word
-- (`:`), each word of title and headings (`^`), and in one of sixteen passages each word again (`~`), which tells how
-- common a word is for a sixteenth of the price. It is dear, so the planner shall not think of scanning with it.
create function tenant.make_search_keys(tenant_id text, language text, id uuid, vector tsvector) returns tsvector
  language plpgsql immutable parallel safe cost 1000 as $$
declare
  scope text := tenant.search_scope(tenant_id, language);
  words text[] := tsvector_to_array(vector);
  named text[] := tsvector_to_array(ts_filter(vector, '{a,b}'));
begin
  return array_to_tsvector(array(
    select scope || ':' || word from unnest(words) word where octet_length(word) < 2000
    union all
    select scope || '^' || word from unnest(named) word where octet_length(word) < 2000
    union all
    select scope || '~' || word from unnest(words) word
    where octet_length(word) < 2000 and get_byte(uuid_send(id), 15) % 16 = 0
  ));
end $$;
--> statement-breakpoint
DROP INDEX "tenant"."chunks_search";--> statement-breakpoint
ALTER TABLE "tenant"."chunks" drop column "search_vector";--> statement-breakpoint
ALTER TABLE "tenant"."chunks" ADD COLUMN "search_vector" "tsvector" GENERATED ALWAYS AS (tenant.make_search_vector(language, title, heading, text)) STORED NOT NULL;--> statement-breakpoint
-- A short list of what is not sorted in yet: every search reads it whole.
CREATE INDEX "chunks_words" ON "tenant"."chunks" USING gin (tenant.make_search_keys(tenant_id, language, id, search_vector)) WITH (gin_pending_list_limit=256);--> statement-breakpoint
-- Title and language of a passage are its document's.
create function tenant.describe_chunk() returns trigger language plpgsql as $$
begin
  select d.title, d.language into new.title, new.language
  from tenant.documents d where d.tenant_id = new.tenant_id and d.id = new.document_id;
  -- Without its document the foreign key refuses it.
  new.title := coalesce(new.title, '');
  new.language := coalesce(new.language, 'simple');
  return new;
end $$;
--> statement-breakpoint
create trigger describe before insert on tenant.chunks for each row execute function tenant.describe_chunk();
--> statement-breakpoint
create function tenant.describe_chunks() returns trigger language plpgsql as $$
begin
  update tenant.chunks c set title = new.title, language = new.language
  where c.tenant_id = new.tenant_id and c.document_id = new.id;
  return null;
end $$;
--> statement-breakpoint
create trigger describe_chunks after update of title, language on tenant.documents for each row
  when (old.title is distinct from new.title or old.language is distinct from new.language)
  execute function tenant.describe_chunks();
--> statement-breakpoint
-- A word as a query for itself, whatever is in it.
create function tenant.quote_word(word text) returns text language sql immutable parallel safe as $$
  select '''' || replace(replace(word, '\', '\\'), '''', '''''') || ''''
$$;
--> statement-breakpoint
drop function tenant.search_chunks(text, integer);
--> statement-breakpoint
-- Passages by keys of the index. The tenant is compared as an expression: the planner would otherwise read all of a
-- large tenant's rows beside the few that the keys find.
create function tenant.find_by_keys(for_tenant text, keys tsquery, passages_max integer) returns uuid[]
  language plpgsql stable as $$
begin
  return array(
    select c.id from tenant.chunks c
    where tenant.make_search_keys(c.tenant_id, c.language, c.id, c.search_vector) @@ keys
      and c.tenant_id || '' = for_tenant
    limit passages_max
  );
end $$;
--> statement-breakpoint
-- The words of a question in one language. Of a long one only the first 32 different words count. `starred` words find
-- what begins with them; so does `typed`, the word that is perhaps not written to its end, when there is no such word.
create function tenant.read_question(
  for_tenant text, in_language text, question text, starred text[], typed text, out terms text[], out suffixes text[]
) language plpgsql stable as $$
declare
  configuration regconfig := tenant.search_configuration(in_language);
  scope text := tenant.search_scope(for_tenant, in_language);
  stem text;
begin
  terms := array(
    select lexeme from unnest(to_tsvector(configuration, tenant.space_words(question))) as found(lexeme, positions, weights)
    where octet_length(lexeme) < 2000 order by positions[1], lexeme limit 32);
  suffixes := array_fill(''::text, array[cardinality(terms)]);
  stem := (tsvector_to_array(to_tsvector(configuration, typed)))[1];
  if stem is not null and cardinality(tenant.find_by_keys(
    for_tenant, tenant.quote_word(scope || ':' || stem)::tsquery, 1)) = 0 then
    -- A stem may be shorter than what was typed of its word: “vacati” becomes “vacat”.
    for length in reverse char_length(typed) .. greatest(char_length(typed) - 3, 3) loop
      exit when stem is null;
      if cardinality(tenant.find_by_keys(
        for_tenant, (tenant.quote_word(scope || ':' || left(lower(typed), length)) || ':*')::tsquery, 1)) > 0 then
        terms := array_append(array_remove(terms, stem), left(lower(typed), length));
        suffixes := array_append(suffixes[1 : cardinality(terms) - 1], ':*');
        stem := null;
      end if;
    end loop;
  end if;
  terms := terms || array(select lower(word) from unnest(starred) word);
  suffixes := suffixes || array_fill(':*'::text, array[cardinality(starred)]);
end $$;
--> statement-breakpoint
-- The best passages of one language: what a passage covers of a question, each word weighing by its rarity (as in
-- BM25) and more in title and headings, then how near the words are to each other (ts_rank_cd, by the text's length).
-- Bounded whatever the words: the twelve rarest count, and common ones are only looked for together, in headings, or
-- among one passage of sixteen. `is_exact`: it holds the phrases of the question.
create function tenant.search_in_language(
  for_tenant text, in_language text, passages_of_tenant bigint,
  question text, phrases text[], starred text[], typed text, passages_max integer
) returns table (chunk_id uuid, score real, is_exact boolean) language plpgsql stable as $$
#variable_conflict use_column
declare
  configuration regconfig := tenant.search_configuration(in_language);
  scope text := tenant.search_scope(for_tenant, in_language);
  asked record;
  word record;
  phrase text;
  phrase_part tsquery;
  phrases_wanted tsquery;
  passages uuid[];
  passages_found integer;
  sampled uuid[];
  plain tsquery[] := '{}';
  named tsquery[] := '{}';
  weights float8[] := '{}';
  weight_of_all float8;
  common text[] := '{}';
  hits uuid[] := '{}';
  hit_weights float8[] := '{}';
  step record;
  holds_phrases boolean := false;
begin
  asked := tenant.read_question(for_tenant, in_language, question, starred, typed);

  for phrase in select unnest(phrases) loop
    phrase_part := phraseto_tsquery(configuration, tenant.space_words(phrase));
    if numnode(phrase_part) > 0 then phrases_wanted := coalesce(phrases_wanted && phrase_part, phrase_part); end if;
  end loop;
  if phrases_wanted is not null then
    hits := array(
      select c.id from unnest(tenant.find_by_keys(for_tenant, (
        select string_agg(tenant.quote_word(scope || ':' || word), ' & ')
        from unnest(phrases) p, unnest(tsvector_to_array(to_tsvector(configuration, tenant.space_words(p)))) word
      )::tsquery, 1000)) found(id)
      join tenant.chunks c on c.tenant_id = for_tenant and c.id = found.id
      where c.search_vector @@ phrases_wanted limit 100);
    hit_weights := array_fill(1::float8, array[cardinality(hits)]);
    holds_phrases := cardinality(hits) > 0;
  end if;

  for word in
    select term, suffix, sample from (
      select term, suffix, position, tenant.find_by_keys(
        for_tenant, (tenant.quote_word(scope || '~' || term) || suffix)::tsquery, 100) as sample
      from unnest(asked.terms, asked.suffixes) with ordinality as w(term, suffix, position) offset 0
    ) probed order by cardinality(sample), position limit 12
  loop
    passages_found := cardinality(word.sample) * 16;
    if cardinality(word.sample) >= 16 then
      -- Rarest first, so the first is the one to look for alone.
      if cardinality(common) = 0 then sampled := word.sample; end if;
      common := common || (tenant.quote_word(word.term) || word.suffix);
    elsif not holds_phrases or passages_found = 0 then
      passages := tenant.find_by_keys(
        for_tenant, (tenant.quote_word(scope || ':' || word.term) || word.suffix)::tsquery, 400);
      passages_found := cardinality(passages);
    end if;
    plain := plain || (tenant.quote_word(word.term) || word.suffix)::tsquery;
    named := named || (tenant.quote_word(word.term) || case word.suffix when '' then ':AB' else ':*AB' end)::tsquery;
    weights := weights
      || ln(1 + (greatest(passages_of_tenant - passages_found, 0) + 0.5) / (passages_found + 0.5))::float8;
    if not holds_phrases and cardinality(word.sample) < 16 then
      hits := hits || passages;
      hit_weights := hit_weights || array_fill(weights[cardinality(weights)], array[cardinality(passages)]);
    end if;
  end loop;
  if cardinality(weights) = 0 then return; end if;

  if cardinality(common) > 0 and not holds_phrases then
    for step in
      select * from (values (':', 12), (':', 2), ('^', 12), ('^', 1)) as steps(mark, words)
      where words = 1 or cardinality(common) > 2 or (words = 12 and cardinality(common) > 1)
    loop
      -- What only very common words share is looked for among one passage of sixteen.
      passages := tenant.find_by_keys(for_tenant, (
        select string_agg('''' || scope
          || case when step.mark = ':' and cardinality(sampled) = 100 then '~' else step.mark end
          || substr(shared, 2), ' & ')
        from unnest(common[1 : step.words]) shared
      )::tsquery, 100);
      hits := hits || passages;
      hit_weights := hit_weights || array_fill(0.5::float8, array[cardinality(passages)]);
    end loop;
    if cardinality(sampled) < 100 then
      sampled := tenant.find_by_keys(for_tenant, ('''' || scope || ':' || substr(common[1], 2))::tsquery, 400);
    end if;
    hits := hits || sampled;
    hit_weights := hit_weights || array_fill(0.5::float8, array[cardinality(sampled)]);
  end if;

  select sum(weight) into weight_of_all from unnest(weights) weight;
  return query
    with candidate as (
      select id from unnest(hits, hit_weights) as hit(id, weight) group by id order by sum(weight) desc, id limit 120
    ), passage as materialized (
      -- Concatenated, so that it is unpacked once and not for each word.
      select c.id, c.search_vector || ''::tsvector as vector
      from candidate join tenant.chunks c on c.tenant_id = for_tenant and c.id = candidate.id
    ), covering as materialized (
      select p.id, p.vector, (
          select sum(word.weight * case when p.vector @@ word.named then 1 when p.vector @@ word.plain then 0.8 else 0 end)
          from unnest(plain, named, weights) as word(plain, named, weight)
        ) / weight_of_all as share
      from passage p order by share desc, p.id limit greatest(passages_max, 20)
    ), near as materialized (
      -- Of the words that it has, all together: for a choice of words each one alone would be near enough.
      select c.id, c.share, ts_rank_cd(c.vector, (
        select string_agg('(' || word.plain::text || ')', ' & ')::tsquery
        from unnest(plain) as word(plain) where c.vector @@ word.plain
      ), 1) as density
      from covering c where c.share > 0
    )
    select near.id, (0.8 * share + 0.2 * density / (density + 0.1))::real, holds_phrases
    from near order by 2 desc, near.id limit passages_max;
end $$;
--> statement-breakpoint
-- Full text under policies: `@@` is not leakproof, so the planner skips the index for the runtime role. This definer
-- function reads the current tenant's rows itself; the search path is pinned so that nothing can be slipped in. Its
-- plans are made once: what the keys are changes nothing about them.
create function tenant.search_chunks(
  question text, phrases text[], starred text[], typed text, passages_max integer
) returns table (
  chunk_id uuid, document_id uuid, title text, url text, heading text, text text, start_offset integer,
  end_offset integer, score real
) language plpgsql stable security definer
  set search_path = pg_catalog, pg_temp set enable_seqscan = off set plan_cache_mode = force_generic_plan
  set jit = off set client_min_messages = error as $$
#variable_conflict use_column
declare
  me text := tenant.current_id();
  total bigint;
begin
  if me is null then return; end if;
  passages_max := least(greatest(passages_max, 0), 100);
  -- Enough to tell rare words from common ones.
  select count(*) into total from (
    select from tenant.chunks c where c.tenant_id = me limit 2000) counted;
  return query
    with recursive spoken(language) as (
      (select d.language from tenant.documents d where d.tenant_id = me order by d.language limit 1)
      union all
      select (select d.language from tenant.documents d
        where d.tenant_id = me and d.language > spoken.language order by d.language limit 1)
      from spoken where spoken.language is not null
    ), found as (
      select f.chunk_id, f.score, f.is_exact
      from spoken, tenant.search_in_language(
        me, spoken.language, total, question, phrases, starred, typed, passages_max) f
      where spoken.language is not null
    ), best as (
      select found.chunk_id, found.score from found
      where found.is_exact or not exists (select from found f where f.is_exact)
      order by found.score desc, found.chunk_id limit passages_max
    )
    select c.id, c.document_id, c.title, d.url, c.heading, c.text, c.start_offset, c.end_offset, best.score
    from best
    join tenant.chunks c on c.tenant_id = me and c.id = best.chunk_id
    join tenant.documents d on d.tenant_id = me and d.id = c.document_id
    order by best.score desc, c.id;
end $$;
--> statement-breakpoint
revoke all on function tenant.search_chunks(text, text[], text[], text, integer) from public;
--> statement-breakpoint
revoke all on function tenant.search_in_language(text, text, bigint, text, text[], text[], text, integer) from public;
--> statement-breakpoint
revoke all on function tenant.read_question(text, text, text, text[], text) from public;
--> statement-breakpoint
revoke all on function tenant.find_by_keys(text, tsquery, integer) from public;
--> statement-breakpoint
grant execute on function tenant.search_chunks(text, text[], text[], text, integer) to tenantry_runtime;
