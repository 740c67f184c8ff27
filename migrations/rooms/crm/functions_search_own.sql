-- Searching within a reach: what others have neither hides one's own nor tells that it is there.

create or replace function crm.phone_is_told(p_told text, p_digits text) returns boolean
    language sql stable
    as $$ select exists (select from regexp_matches(p_told, '#([0-9]+)', 'g') m
                          where case when length(p_digits) >= 7 then crm.is_same_phone(m[1], p_digits) else right(m[1], length(p_digits)) = p_digits end) $$;
comment on function crm.phone_is_told(text, text) is 'Does what is told of a thing hold a phone that ends so?';

-- How sure it is that a word is meant: the same, one that begins so, one with a mistake, one sign of two. The rules of search_found, for one
-- word at a time.
create or replace function crm.search_sure(p_asked text, p_variants text[], p_word text) returns numeric
    language sql immutable parallel safe
    as $$ select case when p_word = p_asked then 1.0
                      when starts_with(p_word, p_asked) and length(p_asked) >= 2 and ascii(p_asked) < 11904
                          then greatest(0.6 + 0.3 * length(p_asked) / length(p_word),
                                        case when p_variants && crm.search_variants(p_word) then 0.65 - 0.05 * (length(p_word) - length(p_asked)) end)
                      when p_variants && crm.search_variants(p_word) then greatest(0.65 - 0.05 * abs(length(p_word) - length(p_asked)), 0.4)
                      when ascii(p_asked) >= 11904 and length(p_asked) = 2 and p_word in (left(p_asked, 1), right(p_asked, 1)) then 0.35 end $$;
comment on function crm.search_sure(text, text[], text) is 'From 0 to 1; null when the word is not meant. p_variants: search_variants of what was asked.';

-- Outsiders search among the few entries of their own accounts and look at no others: what the firm's other customers have changes
-- neither what they find, nor its score, nor how long it takes.
create or replace function crm.search_among(p_tenant uuid, p_accounts uuid[], p_words text[], p_digits text) returns table (object_id uuid, score numeric)
    language plpgsql stable
    as $$
begin
    return query
        with asked as (
            select a.word, crm.search_variants(a.word) as variants from unnest(p_words) a (word)
        ), fit as (
            select u.object_id, a.word, max(crm.search_sure(a.word, a.variants, u.word)) as sure
              from crm.search_entry e
              join crm.search_use u on u.tenant_id = p_tenant and u.object_id = e.object_id
             cross join asked a
             where e.tenant_id = p_tenant and e.account_id = any (p_accounts)
             group by u.object_id, a.word
        ), told as (
            select f.object_id, sum(f.sure) / cardinality(p_words) as score, max(f.sure) > 0.35 as has_word
              from fit f group by f.object_id having sum(f.sure) / cardinality(p_words) >= 0.3)
        select t.object_id, t.score * 0.9 from told t where t.has_word or not exists (select from told o where o.has_word) -- single signs, the last resort
        union all
        select e.object_id, case when length(p_digits) >= 7 then 1.0 else 0.7 end
          from crm.search_entry e
         where e.tenant_id = p_tenant and e.account_id = any (p_accounts) and length(p_digits) >= 4 and crm.phone_is_told(e.told, p_digits);
end $$;
comment on function crm.search_among(uuid, uuid[], text[], text) is 'Entries of these accounts that fit words or the end of a phone, {object_id, score}.';

-- Which of one's own things bear this number, or one that begins so, the newest first. `p_is_order`: orders, else shipments. Who reaches
-- less than the tenant is served from what he reaches, so that what others have neither hides his own nor tells by its time that it is
-- there; who reaches more than some thousands goes by the numbers, as the tenant does.
create or replace function crm.search_numbers_own(p_tenant uuid, p_reach jsonb, p_is_order boolean, p_key text, p_limit integer,
                                                  out same uuid[], out begun uuid[], out is_many boolean)
    language plpgsql stable
    as $$
declare
    v_few constant integer := 5000;
    v_most_accounts constant integer := 1000; -- each is a look into an index, also where nothing is found
    v_scac text := case when p_reach ->> 'kind' = 'PARTNER' then p_reach ->> 'scac' end;
    v_accounts uuid[] := case when p_reach ->> 'kind' = 'PARTNER' then '{}' else crm.api_accounts_reached(p_tenant, p_reach) end;
    v_own uuid[];
begin
    is_many := cardinality(v_accounts) > v_most_accounts;
    if is_many then
        return;
    elsif p_is_order then
        v_own := array(select o.order_id from orders.v_order o where o.tenant_id = p_tenant and o.account_id = any (v_accounts) limit v_few + 1);
    elsif v_scac is not null then
        v_own := array(select s.shipment_id from orders.v_shipment s where s.tenant_id = p_tenant and s.carrier_scac = v_scac limit v_few + 1);
    else
        v_own := array(select s.shipment_id from orders.v_shipment s where s.tenant_id = p_tenant and s.account_id = any (v_accounts) limit v_few + 1);
    end if;
    is_many := cardinality(v_own) > v_few;
    if is_many then
        return;
    end if;
    with found as (
        select distinct o.id, n.number_key = p_key as is_same
          from unnest(v_own) o (id)
         cross join lateral (select r.number_key from orders.v_order_reference r where p_is_order and r.tenant_id = p_tenant and r.order_id = o.id
                              union all
                             select s.number_key from orders.v_shipment_number s where not p_is_order and s.tenant_id = p_tenant and s.shipment_id = o.id
                             offset 0) n
         where n.number_key = p_key or (length(p_key) >= 3 and starts_with(n.number_key, p_key)))
    select array(select f.id from found f where f.is_same order by f.id desc limit p_limit),
           array(select f.id from found f where not f.is_same order by f.id desc limit p_limit) into same, begun;
end $$;
comment on function crm.search_numbers_own(uuid, jsonb, boolean, text, integer) is 'What the caller reaches that has this number, or one that begins so; is_many: he reaches too much to look at all of it.';

grant execute on function crm.phone_is_told(text, text), crm.search_sure(text, text[], text), crm.search_among(uuid, uuid[], text[], text),
    crm.search_numbers_own(uuid, jsonb, boolean, text, integer) to hansa_app;
