-- Written by hand. As before, but of a question of more than twelve words those count first that the tenant's passages
-- have: words that nobody wrote were taken for the rarest, and pushed out the ones to look for.
-- The best passages of one language: what a passage covers of a question, each word weighing by its rarity (as in
-- BM25) and more in title and headings, then how near the words are to each other (ts_rank_cd, by the text's length).
-- Bounded whatever the words: the twelve rarest that passages have count, and common ones are only looked for together,
-- in headings, or among one passage of sixteen. `is_exact`: it holds the phrases of the question.
create or replace function tenant.search_in_language(
  for_tenant text, in_language text, passages_of_tenant bigint,
  question text, phrases text[], starred text[], typed text, passages_max integer
) returns table (chunk_id uuid, score real, is_exact boolean) language plpgsql stable rows 10 as $$
#variable_conflict use_column
declare
  configuration regconfig := tenant.search_configuration(in_language);
  scope text := tenant.search_scope(for_tenant, in_language);
  asked record;
  word record;
  phrase text;
  phrase_part tsquery;
  phrases_wanted tsquery;
  phrase_keys tsquery;
  passages uuid[];
  passages_found integer;
  sampled uuid[];
  is_sampled boolean;
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
    select string_agg(tenant.quote_word(scope || ':' || term), ' & ')::tsquery into phrase_keys
    from unnest(phrases) p, unnest(tsvector_to_array(to_tsvector(configuration, tenant.space_words(p)))) term;
    -- Reads on until there are enough: only a phrase of common words that hardly occurs costs its 2,000 passages.
    hits := array(
      select shared.id from (
        select c.id, c.search_vector from tenant.chunks c
        where tenant.make_search_keys(c.tenant_id, c.language, c.id, c.search_vector) @@ phrase_keys
          and c.tenant_id || '' = for_tenant
        limit 2000
      ) shared
      where shared.search_vector @@ phrases_wanted limit 100);
    hit_weights := array_fill(1::float8, array[cardinality(hits)]);
    holds_phrases := cardinality(hits) > 0;
  end if;

  for word in
    select term, suffix, sample from (
      select term, suffix, position, tenant.find_by_keys(
        for_tenant, (tenant.quote_word(scope || '~' || term) || suffix)::tsquery, 100) as sample
      from unnest(asked.terms, asked.suffixes) with ordinality as w(term, suffix, position) offset 0
    ) probed
    -- Words that no passage has find nothing: of a long question they leave their places to those that do.
    order by cardinality(asked.terms) > 12 and cardinality(sample) = 0 and cardinality(tenant.find_by_keys(
      for_tenant, (tenant.quote_word(scope || ':' || term) || suffix)::tsquery, 1)) = 0, cardinality(sample), position
    limit 12
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
    is_sampled := cardinality(sampled) = 100;
    for step in
      select * from (values (':', 12), (':', 2), ('^', 12), ('^', 1)) as steps(mark, words)
      where words = 1 or cardinality(common) > 2 or (words = 12 and cardinality(common) > 1)
    loop
      -- What only very common words share, or is named by them, is looked for among one passage of sixteen.
      passages := tenant.find_by_keys(for_tenant, (
        select string_agg('''' || scope || case when is_sampled and step.mark = ':' then '~' else step.mark end
            || substr(shared, 2), ' & ')
          || case when is_sampled and step.mark = '^' then ' & ''' || scope || '~' || substr(common[1], 2) else '' end
        from unnest(common[1 : step.words]) shared
      )::tsquery, 100);
      hits := hits || passages;
      hit_weights := hit_weights || array_fill(0.5::float8, array[cardinality(passages)]);
    end loop;
    if not is_sampled then
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
