-- One tenant more, with many accounts to search among, straight into the tables: what crm.account_create would have left in them.
-- Names are made of syllables, trades and legal forms, every fifth of a city, two signs and a trade in Chinese. At the end some
-- accounts are filed again by crm.account_search_put, which must change nothing.
--
-- psql variables: accounts. The tenant's id ends in 099; account a has the code C<100000 + a>.
set client_min_messages = warning;
set session_replication_role = replica;
set synchronous_commit = off;
set work_mem = '256MB';

insert into identity.tenant (id, slug, name) values ('00000000-0000-7000-8000-000000000099', 'load-search', 'Load Search');

insert into crm.account (tenant_id, account_id, kind, customer_code, name, phone, website)
select '00000000-0000-7000-8000-000000000099', core.uuidv7_at(1700000000000000 + a), 'CUSTOMER', 'C' || (100000 + a), n.name,
       (array['+31 10 ', '+49 40 ', '+86 21 ', '+1 (312) ', '0032 3 '])[1 + a % 5] || lpad((a::bigint * 7919 % 10000000)::text, 7, '0'),
       case when a % 5 > 0 then 'https://www.' || lower(split_part(n.name, ' ', 1)) || '.example' end
  from generate_series(1, :accounts) a,
       lateral (select abs(hashint4(a)) as h) r,
       lateral (select case when a % 5 = 0 then
           substr('上海北京广州深圳天津重庆宁波青岛厦门大连苏州杭州成都武汉南京西安长沙郑州济南福州', 1 + 2 * (h % 20), 2)
           || substr('宏达鑫远盛华瑞通恒泰安顺嘉信德丰金海天龙', 1 + h / 20 % 20, 1) || substr('达运通顺捷联兴隆源泰利丰和昌荣盛祥瑞航宇', 1 + h / 400 % 20, 1)
           || (array['物流', '国际货运代理', '贸易', '供应链管理', '进出口', '食品'])[1 + h / 8000 % 6] || '有限公司'
           else
           initcap((array['bal', 'cor', 'dan', 'fel', 'gar', 'hol', 'jan', 'kes', 'lor', 'mar', 'nor', 'pel', 'ros', 'sten', 'tor', 'val', 'wes', 'zan'])[1 + h % 18]
                   || (array['a', 'be', 'di', 'en', 'go', 'i', 'ka', 'le', 'mo', 'ne', 'o', 'ra', 'si', 'tu', 'u', 'va'])[1 + h / 18 % 16]
                   || (array['berg', 'dorf', 'feld', 'gaard', 'hout', 'kamp', 'lund', 'mann', 'ridge', 'stad', 'ton', 'vliet', 'ville', 'wick'])[1 + h / 288 % 14])
           || ' ' || (array['Logistics', 'Trading', 'Foods', 'Machinery', 'Textiles', 'Chemicals', 'Transport', 'Electronics'])[1 + h / 4032 % 8]
           || ' ' || (array['GmbH', 'BV', 'Ltd', 'Inc', 'SA', 'AS'])[1 + h / 32256 % 6]
           || ' ' || (array['Rotterdam', 'Hamburg', 'Antwerpen', 'Chicago', 'Lyon', 'Göteborg', 'Milano', 'Gdańsk', 'Porto', 'Leeds'])[1 + h / 193536 % 10] end as name) n;

insert into crm.search_entry (tenant_id, object_id, kind, account_id, label, told)
select a.tenant_id, a.account_id, 'ACCOUNT', a.account_id, a.name,
       concat_ws(' ', crm.search_text(concat_ws(' ', a.name, a.customer_code, a.scac, a.website)), '#' || crm.phone_digits(a.phone))
  from crm.account a where a.tenant_id = '00000000-0000-7000-8000-000000000099';

create unlogged table public.load_use as
select distinct a.account_id, w.word
  from crm.account a,
       lateral (select unnest(crm.search_words(concat_ws(' ', a.name, a.customer_code, a.scac, a.website), true)
                              || crm.phone_words(crm.phone_digits(a.phone))) as word) w
 where a.tenant_id = '00000000-0000-7000-8000-000000000099';
insert into crm.search_word (tenant_id, word)
select '00000000-0000-7000-8000-000000000099', u.word from public.load_use u group by u.word order by u.word;
insert into crm.search_variant (tenant_id, variant, word)
select w.tenant_id, v.variant, w.word from crm.search_word w, unnest(crm.search_variants(w.word)) v (variant)
 where w.tenant_id = '00000000-0000-7000-8000-000000000099' order by v.variant;
insert into crm.search_use (tenant_id, word, object_id)
select '00000000-0000-7000-8000-000000000099', u.word, u.account_id from public.load_use u order by u.word, u.account_id;
drop table public.load_use;

set session_replication_role = origin;
begin;
create temporary table before on commit drop as
select u.word, u.object_id from crm.search_use u where u.tenant_id = '00000000-0000-7000-8000-000000000099'
   and u.object_id in (select a.account_id from crm.account a where a.tenant_id = u.tenant_id and a.customer_code in ('C100001', 'C100005', 'C100017', 'C100040'));
delete from crm.search_entry e where e.tenant_id = '00000000-0000-7000-8000-000000000099' and e.object_id in (select b.object_id from before b);
do $$
declare
    v_account crm.account;
begin
    for v_account in select a.* from crm.account a where a.tenant_id = '00000000-0000-7000-8000-000000000099'
                        and a.account_id in (select b.object_id from before b) loop
        perform crm.account_search_put(v_account);
    end loop;
    if (select count(distinct b.object_id) from before b) <> 4
       or exists (select from before b where not exists (select from crm.search_use u where u.tenant_id = '00000000-0000-7000-8000-000000000099'
                                                            and u.word = b.word and u.object_id = b.object_id))
       or (select count(*) from crm.search_use u where u.tenant_id = '00000000-0000-7000-8000-000000000099'
              and u.object_id in (select b.object_id from before b)) <> (select count(*) from before) then
        raise exception 'the seed''s words are not what crm.account_search_put makes of these accounts';
    end if;
end $$;
rollback;
