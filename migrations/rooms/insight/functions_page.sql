-- Pages of analyses. Most valuable first; ties by id. A cursor is the value and the id of the last one shown, never a count of rows.

create or replace function insight.is_beyond(p_after text, p_value numeric, p_account uuid) returns boolean
    language sql immutable parallel safe
    as $$ select p_after is null or (p_value, p_account) < (split_part(p_after, '|', 1)::numeric, split_part(p_after, '|', 2)::uuid) $$;
comment on function insight.is_beyond(text, numeric, uuid) is 'Does an account come after the one that the cursor names?';

create or replace function insight.rfm_page(p_tenant uuid, p_reach jsonb, q insight.question, p_account uuid, p_r integer, p_f integer, p_m integer,
                                            p_after text, p_limit integer, out body json, out next text)
    language plpgsql stable
    as $$
declare
    v_is_all constant boolean := p_reach is null or p_reach = 'null';
    v_reached uuid[] := case when v_is_all then null else crm.api_accounts_reached(p_tenant, p_reach) end;
begin
    with page as (
        select g as graded, g.value, g.account_id, row_number() over (order by g.value desc, g.account_id desc) as place
          from insight.graded_now(p_tenant, q) g
         where insight.is_beyond(p_after, g.value, g.account_id) and (v_is_all or g.account_id = any (v_reached))
           and (p_account is null or g.account_id = p_account)
           and (p_r is null or g.r = p_r) and (p_f is null or g.f = p_f) and (p_m is null or g.m = p_m)
         order by g.value desc, g.account_id desc
         limit p_limit + 1)
    select coalesce(json_agg(insight.rfm_document(p_tenant, q.basis, q.currency, q.from_day, q.to_day, p.graded) order by p.place)
                        filter (where p.place <= p_limit), '[]'::json),
           max(concat(p.value, '|', p.account_id)) filter (where p.place = p_limit and exists (select from page l where l.place > p_limit))
      into body, next
      from page p;
end $$;
comment on function insight.rfm_page(uuid, jsonb, insight.question, uuid, integer, integer, integer, text, integer) is 'A page of accounts graded as of now.';

-- The margin is known when every order in the window has legs and each leg a cost in the same money.
create or replace function insight.margins(p_tenant uuid, q insight.question) returns table (account_id uuid, margin numeric)
    language plpgsql stable
    as $$
begin
    if q.basis <> 'ORDERS' then
        return;
    end if;
    return query
        with cost as (
            select s.order_id, sum(l.cost_amount) as amount, bool_and(coalesce(l.cost_currency = q.currency, false)) as is_known
              from orders.v_freight s
              join orders.v_leg l on l.tenant_id = p_tenant and l.shipment_id = s.shipment_id
             where s.tenant_id = p_tenant and s.order_id is not null
             group by s.order_id)
        select w.account_id, sum(w.value - c.amount)
          from insight.rows_of(p_tenant, q) w
          left join cost c on c.order_id = w.row_id
         group by w.account_id
        having bool_and(coalesce(c.is_known, false));
end $$;
comment on function insight.margins(uuid, insight.question) is 'Price less cost of the orders in the window, of accounts whose costs are all known.';

create or replace function insight.abc_page(p_tenant uuid, p_reach jsonb, q insight.question, p_account uuid, p_class text, p_after text, p_limit integer,
                                            out body json, out next text)
    language plpgsql stable
    as $$
declare
    v_is_all constant boolean := p_reach is null or p_reach = 'null';
    v_reached uuid[] := case when v_is_all then null else crm.api_accounts_reached(p_tenant, p_reach) end;
begin
    with page as (
        select g as graded, g.value, g.account_id, row_number() over (order by g.value desc, g.account_id desc) as place
          from insight.graded_now(p_tenant, q) g
         where insight.is_beyond(p_after, g.value, g.account_id) and (v_is_all or g.account_id = any (v_reached))
           and (p_account is null or g.account_id = p_account) and (p_class is null or g.abc = p_class)
         order by g.value desc, g.account_id desc
         limit p_limit + 1)
    select coalesce(json_agg(insight.abc_document(p_tenant, q, p.graded, n.margin) order by p.place) filter (where p.place <= p_limit), '[]'::json),
           max(concat(p.value, '|', p.account_id)) filter (where p.place = p_limit and exists (select from page l where l.place > p_limit))
      into body, next
      from page p
      left join insight.margins(p_tenant, q) n on n.account_id = p.account_id;
end $$;
comment on function insight.abc_page(uuid, jsonb, insight.question, uuid, text, text, integer) is 'A page of accounts classed as of now.';

-- Null for an account that the caller does not reach.
create or replace function insight.rows_page(p_tenant uuid, p_reach jsonb, q insight.question, p_account uuid, p_after text, p_limit integer)
    returns table (body json, next text)
    language plpgsql stable
    as $$
begin
    if not crm.api_account_is_known(p_tenant, p_account) or not crm.api_account_is_reached(p_tenant, p_reach, p_account) then
        return;
    end if;
    return query
        with page as (
            select w.row_id, json_build_object('kind', case q.basis when 'ORDERS' then 'ORDER' else 'SHIPMENT' end, 'id', w.row_id, 'number', w.number,
                                               'day', w.day, 'value', insight.decimal_text(w.value), 'unit', coalesce(q.currency, 'KG')) as document,
                   row_number() over (order by w.row_id desc) as place
              from insight.rows_of(p_tenant, q, p_account) w
             where p_after is null or w.row_id < p_after::uuid
             order by w.row_id desc
             limit p_limit + 1)
        select coalesce(json_agg(p.document order by p.place) filter (where p.place <= p_limit), '[]'::json),
               max(p.row_id::text) filter (where p.place = p_limit and exists (select from page l where l.place > p_limit))
          from page p;
end $$;
comment on function insight.rows_page(uuid, jsonb, insight.question, uuid, text, integer) is 'A page of the orders or shipments behind an account''s grades.';

grant execute on function insight.is_beyond(text, numeric, uuid),
    insight.rfm_page(uuid, jsonb, insight.question, uuid, integer, integer, integer, text, integer), insight.margins(uuid, insight.question),
    insight.abc_page(uuid, jsonb, insight.question, uuid, text, text, integer), insight.rows_page(uuid, jsonb, insight.question, uuid, text, integer) to hansa_app;
