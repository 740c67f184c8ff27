-- Grades. Quintiles: an account's grade is 5 less five times the share of accounts that are better, rounded down; so who has the
-- same has the same grade, the best of those who share it, whatever its id, and no grade depends on the order of rows. The best is
-- graded 5 however few there are. Own cut-offs: a grade for each that is met.

-- Four decimals with commas between them, rising.
create or replace function insight.cuts_read(p_text text, p_pointer text) returns numeric[]
    language plpgsql immutable
    as $$
declare
    v_cuts numeric[];
begin
    if p_text is null then
        return null;
    elsif p_text !~ '^[0-9]{1,15}(\.[0-9]{1,6})?(,[0-9]{1,15}(\.[0-9]{1,6})?){3}$' then
        raise exception using errcode = 'PN422', message = 'insight/cuts_invalid', column = p_pointer,
            detail = 'Four rising numbers with commas between them, such as 1,2,5,10.';
    end if;
    v_cuts := string_to_array(p_text, ',')::numeric[];
    if not (v_cuts[1] < v_cuts[2] and v_cuts[2] < v_cuts[3] and v_cuts[3] < v_cuts[4]) then
        raise exception using errcode = 'PN422', message = 'insight/cuts_invalid', column = p_pointer, detail = 'The four numbers must rise.';
    end if;
    return v_cuts;
end $$;
comment on function insight.cuts_read(text, text) is 'Own cut-offs of a request; null for quintiles.';

create or replace function insight.asked(p_tenant uuid, p_basis text, p_currency text, p_until date, p_months integer, p_r_cuts text, p_f_cuts text,
                                         p_m_cuts text, p_a_limit numeric, p_b_limit numeric) returns insight.question
    language plpgsql stable
    as $$
declare
    q insight.question;
    v_currencies text[];
    v_r numeric[] := insight.cuts_read(p_r_cuts, '/r_cuts');
begin
    q.zone := (select t.zone from identity.v_tenant t where t.id = p_tenant);
    q.basis := p_basis;
    q.months := p_months;
    q.to_day := coalesce(p_until, (now() at time zone q.zone)::date);
    q.from_day := (q.to_day + 1 - make_interval(months => p_months))::date;
    q.r_cuts := array[v_r[4], v_r[3], v_r[2], v_r[1]];
    if v_r is null then
        q.r_cuts := null;
    end if;
    q.f_cuts := insight.cuts_read(p_f_cuts, '/f_cuts');
    q.m_cuts := insight.cuts_read(p_m_cuts, '/m_cuts');
    q.a_limit := coalesce(p_a_limit, 80);
    q.b_limit := coalesce(p_b_limit, 95);
    if q.a_limit > q.b_limit then
        raise exception using errcode = 'PN422', message = 'insight/limits_reversed', column = '/b_limit', detail = 'The limit of B is not below that of A.';
    elsif p_basis = 'SHIPMENTS' and p_currency is not null then
        raise exception using errcode = 'PN422', message = 'insight/currency_unclear', column = '/currency', detail = 'Shipments are weighed, not priced.';
    elsif p_basis = 'ORDERS' and p_currency is null then
        v_currencies := array(select distinct c from insight.order_currencies(p_tenant, q.from_day, q.to_day, q.zone) c order by 1 limit 20);
        if cardinality(v_currencies) > 1 then
            raise exception using errcode = 'PN422', message = 'insight/currency_unclear', column = '/currency',
                detail = 'Amounts of different money are not added up; choose one of ' || array_to_string(v_currencies, ', ') || '.';
        end if;
        q.currency := coalesce(v_currencies[1], 'EUR');
    elsif p_currency !~ '^[A-Z]{3}$' then
        raise exception using errcode = 'PN422', message = 'insight/currency_unclear', column = '/currency', detail = 'Not an ISO 4217 code.';
    else
        q.currency := p_currency;
    end if;
    return q;
end $$;
comment on function insight.asked(uuid, text, text, date, integer, text, text, text, numeric, numeric) is 'What an analysis looks at, from its parameters.';

-- An order counts from the day when it was submitted, by the tenant's calendar, once it is confirmed.
create or replace function insight.order_currencies(p_tenant uuid, p_from date, p_to date, p_zone text) returns setof text
    language plpgsql stable
    as $$
begin
    return query
        select distinct o.price_currency
          from orders.v_order o
         where o.tenant_id = p_tenant and o.state in ('CONFIRMED', 'IN_EXECUTION', 'DELIVERED', 'INVOICED', 'CLOSED')
           and o.ordered_at >= p_from::timestamp at time zone p_zone
           and o.ordered_at < (p_to + 1)::timestamp at time zone p_zone
           and o.price_currency is not null;
end $$;
comment on function insight.order_currencies(uuid, date, date, text) is 'In which money the orders of a window are priced.';

-- The rows that an analysis is made of, one for an order or shipment.
create or replace function insight.rows_of(p_tenant uuid, q insight.question, p_account uuid default null)
    returns table (row_id uuid, account_id uuid, number text, day date, value numeric)
    language plpgsql stable
    as $$
begin
    if q.basis = 'ORDERS' and p_account is not null then
        return query
            select o.order_id, o.account_id, o.order_number, (o.ordered_at at time zone q.zone)::date, o.price_amount
              from orders.v_order o
             where o.tenant_id = p_tenant and o.account_id = p_account
               and o.state in ('CONFIRMED', 'IN_EXECUTION', 'DELIVERED', 'INVOICED', 'CLOSED')
               and o.ordered_at >= q.from_day::timestamp at time zone q.zone
               and o.ordered_at < (q.to_day + 1)::timestamp at time zone q.zone
               and o.price_currency = q.currency;
    elsif q.basis = 'ORDERS' then
        return query
            select o.order_id, o.account_id, o.order_number, (o.ordered_at at time zone q.zone)::date, o.price_amount
              from orders.v_order o
             where o.tenant_id = p_tenant and o.state in ('CONFIRMED', 'IN_EXECUTION', 'DELIVERED', 'INVOICED', 'CLOSED')
               and o.ordered_at >= q.from_day::timestamp at time zone q.zone
               and o.ordered_at < (q.to_day + 1)::timestamp at time zone q.zone
               and o.price_currency = q.currency;
    elsif p_account is not null then
        return query
            select s.shipment_id, s.account_id, s.tracking_number, coalesce(s.planned_delivery_date, (s.created_at at time zone q.zone)::date), s.weight_kg
              from orders.v_freight s
             where s.tenant_id = p_tenant and s.account_id = p_account
               and coalesce(s.planned_delivery_date, (s.created_at at time zone q.zone)::date) between q.from_day and q.to_day;
    else
        return query
            select s.shipment_id, s.account_id, s.tracking_number, coalesce(s.planned_delivery_date, (s.created_at at time zone q.zone)::date), s.weight_kg
              from orders.v_freight s
             where s.tenant_id = p_tenant and s.account_id is not null
               and coalesce(s.planned_delivery_date, (s.created_at at time zone q.zone)::date) between q.from_day and q.to_day;
    end if;
end $$;
comment on function insight.rows_of(uuid, insight.question, uuid) is 'The orders or shipments behind an analysis, of all accounts or of one.';

create or replace function insight.graded_now(p_tenant uuid, q insight.question) returns setof insight.graded
    language plpgsql stable
    as $$
begin
    return query
        with fact as (
            select w.account_id, max(w.day) as last_day, count(*) as frequency, sum(w.value) as value
              from insight.rows_of(p_tenant, q) w
             group by w.account_id),
        placed as (
            select x.*, q.to_day - x.last_day as days,
                   rank() over (order by x.last_day desc) as r_rank, rank() over (order by x.frequency desc) as f_rank,
                   rank() over (order by x.value desc) as m_rank, count(*) over () as account_count, sum(x.value) over () as total,
                   coalesce(sum(x.value) over (order by x.value desc groups between unbounded preceding and 1 preceding), 0) as before
              from fact x),
        marked as (
            select p.*,
                   (case when q.r_cuts is null then 5 - 5 * (p.r_rank - 1) / p.account_count
                         else 1 + (select count(*) from unnest(q.r_cuts) c where p.days <= c) end)::smallint as r,
                   (case when q.f_cuts is null then 5 - 5 * (p.f_rank - 1) / p.account_count
                         else 1 + (select count(*) from unnest(q.f_cuts) c where p.frequency >= c) end)::smallint as f,
                   (case when q.m_cuts is null then 5 - 5 * (p.m_rank - 1) / p.account_count
                         else 1 + (select count(*) from unnest(q.m_cuts) c where p.value >= c) end)::smallint as m
              from placed p),
        cut as (
            select array[max(k.days) filter (where k.r >= 2), max(k.days) filter (where k.r >= 3), max(k.days) filter (where k.r >= 4),
                         max(k.days) filter (where k.r >= 5)]::numeric[] as r_cuts,
                   array[min(k.frequency) filter (where k.f >= 2), min(k.frequency) filter (where k.f >= 3), min(k.frequency) filter (where k.f >= 4),
                         min(k.frequency) filter (where k.f >= 5)]::numeric[] as f_cuts,
                   array[min(k.value) filter (where k.m >= 2), min(k.value) filter (where k.m >= 3), min(k.value) filter (where k.m >= 4),
                         min(k.value) filter (where k.m >= 5)] as m_cuts
              from marked k)
        select k.account_id, k.last_day, k.days, k.frequency, k.value, k.r, k.f, k.m, k.r_rank::integer, k.f_rank::integer, k.m_rank::integer,
               k.account_count::integer, k.total, k.before,
               case when k.before * 100 < q.a_limit * k.total then 'A' when k.before * 100 < q.b_limit * k.total then 'B' else 'C' end,
               coalesce(q.r_cuts, c.r_cuts), coalesce(q.f_cuts, c.f_cuts), coalesce(q.m_cuts, c.m_cuts)
          from marked k cross join cut c;
end $$;
comment on function insight.graded_now(uuid, insight.question) is 'Every account with business in the window, graded as of now.';

-- --- words ---

create or replace function insight.decimal_text(p_number numeric) returns text
    language sql immutable parallel safe
    as $$ select trim_scale(p_number)::text $$;
comment on function insight.decimal_text(numeric) is 'A decimal as replies show it: without zeros at its end.';

-- p_least: "at least" for what grows with the grade, "at most" for days.
create or replace function insight.reason(p_grade smallint, p_value numeric, p_unit text, p_rank integer, p_of integer, p_cuts numeric[], p_least text)
    returns json
    language sql immutable
    as $$ select json_build_object(
              'grade', p_grade, 'value', insight.decimal_text(p_value), 'unit', p_unit, 'rank', p_rank, 'of', p_of,
              'cut_offs', (select json_agg(insight.decimal_text(c.value) order by c.ordinality) from unnest(p_cuts) with ordinality c (value, ordinality)),
              'why', concat(insight.decimal_text(p_value), ' ', case when p_unit ~ '^[A-Z]{3}$' then p_unit else lower(p_unit) end, ', rank ', p_rank, ' of ', p_of,
                            case when p_grade > 1 then concat('; grade ', p_grade, ' takes ', p_least, ' ', insight.decimal_text(p_cuts[p_grade - 1])) end,
                            case when p_grade < 5 and p_cuts[p_grade] is not null
                                 then concat('; grade ', p_grade + 1, ' takes ', p_least, ' ', insight.decimal_text(p_cuts[p_grade])) end,
                            case when p_of < 5 then concat('; of ', p_of, case when p_of = 1 then ' account' else ' accounts' end, ' a grade says little') end,
                            '.')) $$;
comment on function insight.reason(smallint, numeric, text, integer, integer, numeric[], text) is 'Why a grade is what it is, in numbers and in words.';

create or replace function insight.percent(p_part numeric, p_total numeric) returns text
    language sql immutable parallel safe
    as $$ select case when p_total > 0 then insight.decimal_text(round(p_part * 100 / p_total, 2)) else '0' end $$;
comment on function insight.percent(numeric, numeric) is 'A share in percent, two decimals; 0 of nothing.';

create or replace function insight.rfm_document(p_tenant uuid, p_basis text, p_currency text, p_from date, p_to date, g insight.graded) returns json
    language plpgsql stable
    as $$
begin
    return json_build_object(
        'account_id', g.account_id, 'account', (select a.customer from crm.v_account a where a.tenant_id = p_tenant and a.account_id = g.account_id),
        'basis', p_basis, 'currency', p_currency, 'from', p_from, 'to', p_to, 'last_day', g.last_day, 'cell', concat(g.r, g.f, g.m),
        'recency', insight.reason(g.r, g.days, 'DAYS', g.r_rank, g.account_count, g.r_cuts, 'at most'),
        'frequency', insight.reason(g.f, g.frequency, p_basis, g.f_rank, g.account_count, g.f_cuts, 'at least'),
        'monetary', insight.reason(g.m, g.value, coalesce(p_currency, 'KG'), g.m_rank, g.account_count, g.m_cuts, 'at least'),
        'rows', concat('/v1/insight/rfm/', g.account_id, '/rows?basis=', p_basis, '&currency=' || p_currency, '&until=', p_to,
                       '&months=', (extract(year from age(p_to + 1, p_from)) * 12 + extract(month from age(p_to + 1, p_from)))::integer));
end $$;
comment on function insight.rfm_document(uuid, text, text, date, date, insight.graded) is 'An account''s grades as replies show them.';

create or replace function insight.abc_document(p_tenant uuid, q insight.question, g insight.graded, p_margin numeric) returns json
    language plpgsql stable
    as $$
begin
    return json_build_object(
        'account_id', g.account_id, 'account', (select a.customer from crm.v_account a where a.tenant_id = p_tenant and a.account_id = g.account_id),
        'basis', q.basis, 'currency', q.currency, 'from', q.from_day, 'to', q.to_day, 'class', g.abc, 'value', insight.decimal_text(g.value),
        'total', insight.decimal_text(g.total), 'share', insight.percent(g.value, g.total), 'before', insight.percent(g.before, g.total),
        'rank', g.m_rank, 'of', g.account_count, 'a_limit', insight.decimal_text(q.a_limit), 'b_limit', insight.decimal_text(q.b_limit),
        'margin', insight.decimal_text(p_margin), 'result', case when p_margin is null then 'UNKNOWN' when p_margin < 0 then 'LOSS' else 'PROFIT' end,
        'why', concat('Accounts with more than its ', insight.decimal_text(g.value), ' ', coalesce(q.currency, 'kg'), ' have ',
                      insight.percent(g.before, g.total), ' % together; A is below ', insight.decimal_text(q.a_limit), ' %, B below ',
                      insight.decimal_text(q.b_limit), ' %. It has ', insight.percent(g.value, g.total), ' %, rank ', g.m_rank, ' of ', g.account_count, '.'));
end $$;
comment on function insight.abc_document(uuid, insight.question, insight.graded, numeric) is 'An account''s class as replies show it.';

grant execute on function insight.cuts_read(text, text), insight.asked(uuid, text, text, date, integer, text, text, text, numeric, numeric),
    insight.order_currencies(uuid, date, date, text), insight.rows_of(uuid, insight.question, uuid), insight.graded_now(uuid, insight.question),
    insight.decimal_text(numeric), insight.reason(smallint, numeric, text, integer, integer, numeric[], text), insight.percent(numeric, numeric),
    insight.rfm_document(uuid, text, text, date, date, insight.graded), insight.abc_document(uuid, insight.question, insight.graded, numeric) to hansa_app;
