-- Search: an index of words in plain tables, reached by equality and range alone (decision 0031: behind the wall no other operator
-- may use an index). A word is found exactly, by its beginning, or a typing mistake away; Chinese by pairs of signs; numbers of
-- phones by their last digits.

create or replace function crm.search_letters(p_text text) returns text
    language sql immutable parallel safe
    as $$ select translate(replace(replace(replace(replace(replace(p_text, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), 'ĳ', 'ij'), 'øłđðıŧħ', 'olddith') $$;
comment on function crm.search_letters(text) is 'Small letters that are letters of their own, in the alphabet of A to Z.';

-- Small letters without accents, in compatibility form: Ｍüller and muller are the same. Letters that have no parts to take away are
-- written as people without them on their keyboard write them: ß is ss, æ and œ are ae and oe.
create or replace function crm.search_text(p_text text) returns text
    language sql immutable parallel safe
    as $$ select case when octet_length(p_text) = length(p_text) then lower(p_text) -- ASCII, twenty times as fast
                      else crm.search_letters(normalize(regexp_replace(normalize(lower(normalize(p_text, NFKC)), NFKD), '[\u0300-\u036f]', '', 'g'), NFC)) end $$;
comment on function crm.search_text(text) is 'The form in which texts are compared.';

-- Who has no umlauts writes ae for ä, oe for ö and ø, ue for ü, aa for å; and the other way round. So a name is filed under the other
-- spelling, too: Müller also as mueller, Mueller also as muller. What is asked stays as it is: joe does not find John.
create or replace function crm.search_spelled(p_text text) returns text
    language sql immutable parallel safe
    as $$ select case when octet_length(p_text) > length(p_text) and lower(normalize(p_text, NFC)) ~ '[äöüøå]'
                      then crm.search_text(replace(replace(replace(replace(replace(lower(normalize(p_text, NFC)), 'ä', 'ae'), 'ö', 'oe'), 'ø', 'oe'), 'ü', 'ue'), 'å', 'aa'))
                      when crm.search_text(p_text) ~ '(ae|oe|ue|aa)' then regexp_replace(crm.search_text(p_text), '(a|o|u)e|(a)a', '\1\2', 'g') end $$;
comment on function crm.search_spelled(text) is 'A text with its umlauts spelled out, or drawn together; null when there is nothing of the kind.';

-- Words of a text. Chinese, Japanese and Korean have no blanks: there the words are pairs of neighbouring signs, and each sign.
create or replace function crm.search_words(p_text text, p_are_signs_wanted boolean) returns text[]
    language plpgsql immutable parallel safe
    as $$
declare
    v_signs constant text := '[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]';
    v_text text := crm.search_text(p_text);
    v_run text;
    v_words text[];
begin
    v_words := array(select left(m[1], 40) from regexp_matches(regexp_replace(v_text, v_signs, ' ', 'g'), '([[:alnum:]]+)', 'g') m);
    for v_run in select m[1] from regexp_matches(v_text, '(' || v_signs || '+)', 'g') m loop
        for i in 1..length(v_run) loop
            if i < length(v_run) then
                v_words := v_words || substr(v_run, i, 2);
            end if;
            if p_are_signs_wanted or length(v_run) = 1 then
                v_words := v_words || substr(v_run, i, 1);
            end if;
        end loop;
    end loop;
    return array(select w from unnest(v_words) w group by w order by w);
end $$;
comment on function crm.search_words(text, boolean) is 'Different words of a text, sorted; single Chinese signs when they are wanted or stand alone.';

-- The word cut at twelve letters, and that with each letter left out: what shares one of these is one mistake away. Words of
-- fewer than four letters and numbers are what they are.
create or replace function crm.search_variants(p_word text) returns text[]
    language sql immutable parallel safe
    as $$ select case when length(p_word) < 4 or p_word ~ '[0-9]' or ascii(p_word) >= 11904 then '{}'
                      else array(select left(p_word, 12)
                                  union select overlay(left(p_word, 12) placing '' from i for 1) from generate_series(1, least(length(p_word), 12)) i) end $$;
comment on function crm.search_variants(text) is 'Under which a word with a typing mistake meets the right one.';

create or replace function crm.api_search_put(p_tenant uuid, p_kind text, p_id uuid, p_account uuid, p_label text, p_text text,
                                              p_phones text[] default '{}') returns void
    language plpgsql volatile
    as $$
declare
    v_digits text[] := array(select distinct crm.phone_digits(p) from unnest(p_phones) p order by 1);
    v_told text := concat_ws(' ', crm.search_text(p_text), (select string_agg('#' || d, ' ') from unnest(v_digits) d));
    v_words text[];
begin
    insert into crm.search_entry as e (tenant_id, object_id, kind, account_id, label, told)
    values (p_tenant, p_id, p_kind, p_account, p_label, v_told)
        on conflict (tenant_id, object_id) do update set account_id = excluded.account_id, label = excluded.label, told = excluded.told
        where (e.account_id, e.label, e.told) is distinct from (excluded.account_id, excluded.label, excluded.told);
    if not found then
        return;
    end if;
    v_words := array(select w from (select unnest(crm.search_words(p_text, true)) union
                                    select unnest(crm.search_words(crm.search_spelled(p_text), false)) union
                                    select unnest(crm.phone_words(d)) from unnest(v_digits) d) x (w) order by w limit 200);
    with come as (
        insert into crm.search_word (tenant_id, word) select p_tenant, w from unnest(v_words) w order by w on conflict do nothing returning word)
    insert into crm.search_variant (tenant_id, variant, word)
    select p_tenant, v, c.word from come c, unnest(crm.search_variants(c.word)) v
        on conflict do nothing;
    delete from crm.search_use u where u.tenant_id = p_tenant and u.object_id = p_id and u.word <> all (v_words);
    insert into crm.search_use (tenant_id, word, object_id) select p_tenant, w, p_id from unnest(v_words) w on conflict do nothing;
end $$;
comment on function crm.api_search_put(uuid, text, uuid, uuid, text, text, text[]) is
    'Lets search find a thing (kind ACCOUNT, CONTACT …) of an account (for reach; null: only whoever reaches the tenant) by the words of a text and by phones. Again with other words: those.';

create or replace function crm.api_search_drop(p_tenant uuid, p_ids uuid[]) returns void
    language plpgsql volatile
    as $$
declare
    v_words text[] := array(select distinct u.word from crm.search_use u where u.tenant_id = p_tenant and u.object_id = any (p_ids) order by 1);
begin
    delete from crm.search_entry e where e.tenant_id = p_tenant and e.object_id = any (p_ids);
    -- whoever uses one of these words at this moment holds its row: wait, and look again
    perform from crm.search_word w where w.tenant_id = p_tenant and w.word = any (v_words) order by w.word for update;
    delete from crm.search_word w
     where w.tenant_id = p_tenant and w.word = any (v_words)
       and not exists (select from crm.search_use u where u.tenant_id = p_tenant and u.word = w.word);
end $$;
comment on function crm.api_search_drop(uuid, uuid[]) is 'Search finds these no more, and forgets words that nothing else has.';

-- Entries that fit, best first: {object_id, score}. For each word asked, words that may be meant with how sure that is; then what
-- uses them. A word that is everywhere (logistics) does not choose: v_most rows of it at most are read, and later it is asked of
-- those that the others chose whether they have it, too.
create or replace function crm.search_found(p_tenant uuid, p_words text[], p_most integer) returns table (object_id uuid, score numeric)
    language plpgsql stable
    as $$
declare
    v_asked text;
    v_meant text[];
    v_sure numeric[];
    v_objects uuid[];       -- of the word asked: who uses what is meant,
    v_sures numeric[];      -- and how sure that is
    v_chosen uuid[] := '{}'::uuid[];    -- of all words that choose, side by side: object, word asked, how sure
    v_chosen_for text[] := '{}'::text[];
    v_chosen_sure numeric[] := '{}'::numeric[];
    v_wide text[] := '{}'::text[];      -- of those that only count: word meant, word asked, how sure
    v_wide_for text[] := '{}'::text[];
    v_wide_sure numeric[] := '{}'::numeric[];
    v_common uuid[];
    v_found uuid[];
begin
    foreach v_asked in array coalesce(p_words, '{}') loop
        select array_agg(m.word order by m.sure desc), array_agg(m.sure order by m.sure desc) into v_meant, v_sure
          from (select x.word, max(x.sure) as sure
                  from (select v_asked as word, 1.0 as sure
                        union all
                        select * from (select w.word, 0.6 + 0.3 * length(v_asked) / length(w.word) from crm.search_word w
                                        where w.tenant_id = p_tenant and w.word > v_asked and w.word < v_asked || chr(1114109)
                                          and length(v_asked) >= 2 and ascii(v_asked) < 11904
                                        order by w.word limit 40) p
                        union all
                        select * from (select v.word, greatest(0.65 - 0.05 * abs(length(v.word) - length(v_asked)), 0.4) from crm.search_variant v
                                        where v.tenant_id = p_tenant and v.variant = any (crm.search_variants(v_asked)) limit 60) t) x
                 group by x.word
                 order by max(x.sure) desc
                 limit 40) m;
        select array_agg(f.object_id), array_agg(f.sure) into v_objects, v_sures
          from (select u.object_id, m.sure from unnest(v_meant, v_sure) m (word, sure)
                  join crm.search_use u on u.tenant_id = p_tenant and u.word = m.word
                 limit p_most + 1) f;
        if coalesce(cardinality(v_objects), 0) <= p_most then
            v_chosen := v_chosen || v_objects;
            v_chosen_for := v_chosen_for || array_fill(v_asked, array[coalesce(cardinality(v_objects), 0)]);
            v_chosen_sure := v_chosen_sure || v_sures;
        else
            v_wide := v_wide || v_meant[1:8];
            v_wide_for := v_wide_for || array_fill(v_asked, array[least(cardinality(v_meant), 8)]);
            v_wide_sure := v_wide_sure || v_sure[1:8];
            v_common := case when v_common is null then v_objects else array(select unnest(v_common) intersect select unnest(v_objects)) end;
        end if;
        if ascii(v_asked) >= 11904 and length(v_asked) = 2 then -- single signs never choose while there is a pair
            v_wide := v_wide || array[left(v_asked, 1), right(v_asked, 1)];
            v_wide_for := v_wide_for || array[v_asked, v_asked];
            v_wide_sure := v_wide_sure || array[0.35, 0.35];
        end if;
    end loop;
    v_found := array(select c.object_id from unnest(v_chosen, v_chosen_sure) c (object_id, sure)
                      group by c.object_id order by sum(c.sure) desc, c.object_id limit p_most / 2);
    if cardinality(v_found) = 0 then
        v_found := coalesce(v_common, '{}');
    end if;
    if cardinality(v_found) = 0 then -- single signs, the last resort
        v_found := array(select distinct o.object_id
                           from (select u.object_id from unnest(v_wide) m (word) join crm.search_use u on u.tenant_id = p_tenant and u.word = m.word
                                  limit p_most) o);
    end if;
    return query
        select s.object_id, sum(s.sure) / cardinality(p_words)
          from (select f.object_id, f.asked, max(f.sure) as sure
                  from (select c.object_id, c.asked, c.sure from unnest(v_chosen, v_chosen_for, v_chosen_sure) c (object_id, asked, sure)
                        union all
                        select o.object_id, w.asked, w.sure
                          from unnest(v_wide, v_wide_for, v_wide_sure) w (word, asked, sure)
                         cross join unnest(v_found) o (object_id)
                         cross join lateral (select from crm.search_use u
                                              where u.tenant_id = p_tenant and u.word = w.word and u.object_id = o.object_id
                                              limit 1) u) f -- its limit makes each a look by the key; a join would read all of a common word
                 group by f.object_id, f.asked) s
         group by s.object_id
        having sum(s.sure) / cardinality(p_words) >= 0.3;
end $$;
comment on function crm.search_found(uuid, text[], integer) is 'Entries that have these words or some like them, with a score from 0 to 1.';

create or replace function crm.search_phones(p_tenant uuid, p_digits text) returns table (object_id uuid, score numeric)
    language plpgsql stable
    as $$
begin
    if length(p_digits) >= 4 then
        return query
            select e.object_id, case when length(p_digits) >= 7 then 1.0 else 0.7 end
              from crm.search_use u
              join crm.search_entry e on e.tenant_id = p_tenant and e.object_id = u.object_id
             where u.tenant_id = p_tenant and u.word = '#' || right(p_digits, case when length(p_digits) >= 7 then 7 else 4 end)
               and crm.phone_is_told(e.told, p_digits)
             limit 1000;
    end if;
end $$;
comment on function crm.search_phones(uuid, text) is 'Entries with a phone that ends so, whatever stands before it: {object_id, score}.';

create or replace function crm.search(p_tenant uuid, p_reach jsonb, p_q text, p_type text, p_limit integer) returns json
    language plpgsql stable
    as $$
declare
    v_accounts uuid[] := case when p_reach is not null then crm.api_accounts_reached(p_tenant, p_reach) end;
    v_text text := crm.search_text(p_q);
    v_digits text := case when crm.is_phone(p_q) then crm.phone_asked(p_q) end;
    v_most integer := case when p_reach is null then 500 else 20000 end;
    v_is_outsider boolean := crm.is_outsider(p_reach);
    -- a number with blanks in it is a phone's; one without may be somebody's code, too
    v_words text[] := case when v_digits is null or crm.phone_plain(p_q) !~ '[ ()+]' then (crm.search_words(p_q, false))[1:10] else '{}' end;
    v_hits jsonb := '[]'::jsonb;
begin
    if p_type is null or p_type in ('ACCOUNT', 'CONTACT') then
        select coalesce(jsonb_agg(to_jsonb(h)), '[]') into v_hits
          from (select e.kind as type, e.object_id as id, e.label, e.account_id, crm.customer_named(p_tenant, e.account_id) as customer,
                       case when e.kind = 'ACCOUNT' then (select a.lifecycle from crm.account a where a.tenant_id = p_tenant and a.account_id = e.object_id) end as status,
                       -- what is told of a thing begins with its label
                       round(least(max(f.score) + case when not starts_with(e.told, v_text) then 0
                                                       when crm.search_text(e.label) = v_text then 0.1 else 0.05 end, 1), 3) as score
                  from (select w.object_id, w.score * 0.9 as score from crm.search_found(p_tenant, v_words, v_most) w where not v_is_outsider
                        union all
                        select * from crm.search_phones(p_tenant, v_digits) where not v_is_outsider
                        union all
                        select * from crm.search_among(p_tenant, v_accounts, v_words, v_digits) where v_is_outsider) f
                  join crm.search_entry e on e.tenant_id = p_tenant and e.object_id = f.object_id
                 where (p_type is null or e.kind = p_type) and (p_reach is null or e.account_id = any (v_accounts))
                 group by e.kind, e.object_id, e.label, e.account_id, e.told
                 order by score desc, e.label, e.object_id
                 limit p_limit) h;
    end if;
    if p_type is null or p_type = 'ORDER' then
        v_hits := v_hits || crm.search_orders(p_tenant, p_reach, p_q, p_limit);
    end if;
    if p_type is null or p_type = 'SHIPMENT' then
        v_hits := v_hits || crm.search_shipments(p_tenant, p_reach, p_q, p_limit);
    end if;
    return (select coalesce(json_agg(h.value order by (h.value ->> 'score')::numeric desc, h.value ->> 'label', h.value ->> 'id'), '[]'::json)
              from (select value from jsonb_array_elements(v_hits)
                     order by (value ->> 'score')::numeric desc, value ->> 'label', value ->> 'id' limit p_limit) h);
end $$;
comment on function crm.search(uuid, jsonb, text, text, integer) is 'What fits a question, best first: [{type, id, label, account_id, customer, status, score}].';

create or replace function crm.customer_named(p_tenant uuid, p_account uuid) returns json
    language sql stable
    as $$ select json_build_object('account_id', a.account_id, 'name', a.name) from crm.account a where a.tenant_id = p_tenant and a.account_id = p_account $$;
comment on function crm.customer_named(uuid, uuid) is 'The customer of something that was found: {account_id, name}.';

-- Of a number three signs and more are enough to find it by its beginning; the whole number comes first.
create or replace function crm.search_orders(p_tenant uuid, p_reach jsonb, p_q text, p_limit integer) returns jsonb
    language plpgsql stable
    as $$
declare
    v_key text := orders.api_number_key(p_q);
    v_is_all boolean := p_reach is null or p_reach = 'null';
    v_is_by_number boolean := v_is_all;
    v_own record;
    v_same uuid[]; -- apart, so that no plan looks at everything of the tenant to find them
    v_begun uuid[] := '{}'::uuid[];
begin
    if length(v_key) not between 2 and 64 then
        return '[]'::jsonb;
    end if;
    if not v_is_all then
        select * into v_own from crm.search_numbers_own(p_tenant, p_reach, true, v_key, p_limit);
        v_same := v_own.same;
        v_begun := v_own.begun;
        v_is_by_number := v_own.is_many;
    end if;
    if v_is_by_number then
        v_same := array(select distinct r.order_id from orders.v_order_reference r where r.tenant_id = p_tenant and r.number_key = v_key limit 1000);
        if length(v_key) >= 3 then
            v_begun := array(select distinct b.order_id
                               from (select r.order_id from orders.v_order_reference r
                                      where r.tenant_id = p_tenant and r.number_key > v_key and r.number_key < v_key || chr(1114109)
                                        and (v_is_all or orders.api_order_is_reached(p_tenant, p_reach, r.order_id))
                                      order by r.number_key limit 200) b);
        end if;
    end if;
    return (select coalesce(jsonb_agg(to_jsonb(h)), '[]')
              from (select 'ORDER' as type, o.order_id as id, o.order_number as label, o.account_id,
                           crm.customer_named(p_tenant, o.account_id) as customer, o.state as status,
                           case when o.order_id = any (v_same) then 1.0 else 0.8 end as score
                      from orders.v_order o
                     where o.tenant_id = p_tenant and o.order_id = any (v_same || v_begun) and orders.api_order_is_reached(p_tenant, p_reach, o.order_id)
                     order by o.order_id = any (v_same) desc, o.order_id desc
                     limit p_limit) h);
end $$;
comment on function crm.search_orders(uuid, jsonb, text, integer) is 'Orders with this number, or one that begins so, the newest first.';

-- Orders and shipments have their own look-up by all their numbers; nothing of them is copied.
create or replace function crm.search_shipments(p_tenant uuid, p_reach jsonb, p_q text, p_limit integer) returns jsonb
    language plpgsql stable
    as $$
declare
    v_key text := orders.api_number_key(p_q);
    v_is_all boolean := p_reach is null or p_reach = 'null';
    v_is_by_number boolean := v_is_all;
    v_own record;
    v_same uuid[]; -- apart, so that no plan looks at everything of the tenant to find them
    v_begun uuid[] := '{}'::uuid[];
begin
    if length(v_key) not between 2 and 64 then
        return '[]'::jsonb;
    end if;
    if not v_is_all then
        select * into v_own from crm.search_numbers_own(p_tenant, p_reach, false, v_key, p_limit);
        v_same := v_own.same;
        v_begun := v_own.begun;
        v_is_by_number := v_own.is_many;
    end if;
    if v_is_by_number then
        v_same := array(select distinct n.shipment_id from orders.v_shipment_number n where n.tenant_id = p_tenant and n.number_key = v_key limit 1000);
        if length(v_key) >= 3 then
            v_begun := array(select distinct b.shipment_id
                               from (select n.shipment_id from orders.v_shipment_number n
                                      where n.tenant_id = p_tenant and n.number_key > v_key and n.number_key < v_key || chr(1114109)
                                        and (v_is_all or orders.api_is_reached(p_tenant, p_reach, n.shipment_id))
                                      order by n.number_key limit 200) b);
        end if;
    end if;
    return (select coalesce(jsonb_agg(to_jsonb(h)), '[]')
              from (select 'SHIPMENT' as type, s.shipment_id as id, s.tracking_number as label, s.account_id,
                           crm.customer_named(p_tenant, s.account_id) as customer,
                           (select t.status from tracking.v_shipment_status t where t.tenant_id = p_tenant and t.shipment_id = s.shipment_id) as status,
                           case when s.shipment_id = any (v_same) then 1.0 else 0.8 end as score
                      from orders.v_shipment s
                     where s.tenant_id = p_tenant and s.shipment_id = any (v_same || v_begun) and orders.api_is_reached(p_tenant, p_reach, s.shipment_id)
                     order by s.shipment_id = any (v_same) desc, s.shipment_id desc
                     limit p_limit) h);
end $$;
comment on function crm.search_shipments(uuid, jsonb, text, integer) is 'Shipments with this number, or one that begins so, the newest first.';

-- The job: what came before there was a search, or past its functions, gets its entry; some at a time.
create or replace function crm.search_fill(p_tenant uuid, p_most integer) returns integer
    language plpgsql volatile
    as $$
declare
    v_account crm.account;
    v_contact crm.contact;
    v_count integer := 0;
begin
    for v_account in select * from crm.account a
                      where a.tenant_id = p_tenant and not exists (select from crm.search_entry e where e.tenant_id = p_tenant and e.object_id = a.account_id)
                      limit p_most loop
        perform crm.account_search_put(v_account);
        v_count := v_count + 1;
    end loop;
    for v_contact in select * from crm.contact c
                      where c.tenant_id = p_tenant and not exists (select from crm.search_entry e where e.tenant_id = p_tenant and e.object_id = c.contact_id)
                        and c.name <> 'Erased'
                      limit p_most - v_count loop
        perform crm.contact_search_put(v_contact);
        v_count := v_count + 1;
    end loop;
    if v_count >= p_most then
        perform core.api_job(p_tenant, 'crm.search_fill', '{}', null, 'more');
    end if;
    return v_count;
end $$;
comment on function crm.search_fill(uuid, integer) is 'Makes entries of accounts and contacts that have none; answers how many.';

grant execute on function crm.search_fill(uuid, integer), crm.search_text(text), crm.search_letters(text), crm.search_spelled(text), crm.search_words(text, boolean), crm.search_variants(text), crm.customer_named(uuid, uuid),
    crm.api_search_put(uuid, text, uuid, uuid, text, text, text[]),
    crm.api_search_drop(uuid, uuid[]), crm.search_found(uuid, text[], integer), crm.search_phones(uuid, text), crm.search(uuid, jsonb, text, text, integer),
    crm.search_orders(uuid, jsonb, text, integer), crm.search_shipments(uuid, jsonb, text, integer) to hansa_app;
