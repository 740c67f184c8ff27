-- Programs: their terms, versions, and who may look at them.

-- What is the firm's own is for its people whatever they reach; customers look at programs that one of their accounts is in.
create or replace function membership.program_is_reached(p_tenant uuid, p_reach jsonb, p_program uuid) returns boolean
    language plpgsql stable
    as $$
begin
    return case
        when p_reach is null or p_reach = 'null' or p_reach ->> 'kind' in ('OWN', 'UNIT') then true
        else exists (select from membership.member m
                      where m.tenant_id = p_tenant and m.program_id = p_program
                        and m.account_id = any (crm.api_accounts_reached(p_tenant, p_reach))) end;
end $$;
comment on function membership.program_is_reached(uuid, jsonb, uuid) is 'May a caller of this reach see the program and its rewards?';

create or replace function membership.decimal_text(p_number numeric) returns text
    language sql immutable parallel safe
    as $$ select trim_scale(p_number)::text $$;
comment on function membership.decimal_text(numeric) is 'A decimal as replies show it: without zeros at its end.';

create or replace function membership.program_document(p_program membership.program) returns json
    language sql stable
    as $$ select json_build_object('program_id', p_program.program_id, 'name', p_program.name, 'points_name', p_program.points_name,
                                   'earn_basis', p_program.earn_basis, 'earn_currency', p_program.earn_currency,
                                   'rate', membership.decimal_text(p_program.rate), 'life_months', p_program.life_months,
                                   'pending_days', p_program.pending_days, 'window_months', p_program.window_months,
                                   'downgrade', p_program.downgrade, 'tiers', p_program.tiers, 'version', p_program.version,
                                   'created_at', core.rfc3339(p_program.created_at), 'changed_at', core.rfc3339(p_program.changed_at)) $$;
comment on function membership.program_document(membership.program) is 'A program as replies show it.';

-- Tiers as they are kept: in the form of the reply, every member there.
create or replace function membership.tiers_checked(p_tiers jsonb) returns jsonb
    language plpgsql immutable
    as $$
declare
    v_tier jsonb;
    v_before jsonb;
    v_place integer := 0;
    v_kept jsonb := '[]'::jsonb;
begin
    for v_tier in select t.value from jsonb_array_elements(p_tiers) with ordinality t order by t.ordinality loop
        if (v_tier ->> 'qualify')::numeric <= 0 or (v_tier ->> 'qualify')::numeric <= (v_before ->> 'qualify')::numeric then
            raise exception using errcode = 'PN422', message = 'membership/tiers_unordered', column = format('/tiers/%s/qualify', v_place),
                detail = 'Tiers stand lowest first: each needs more than the one before it.';
        elsif (v_tier ->> 'keep')::numeric < 0 or (v_tier ->> 'keep')::numeric > (v_tier ->> 'qualify')::numeric then
            raise exception using errcode = 'PN422', message = 'membership/tiers_unordered', column = format('/tiers/%s/keep', v_place),
                detail = 'Keeping a tier takes no more than qualifying for it.';
        elsif exists (select from jsonb_array_elements(v_kept) k where k.value ->> 'code' = v_tier ->> 'code') then
            raise exception using errcode = 'PN422', message = 'membership/tier_twice', column = format('/tiers/%s/code', v_place),
                detail = 'Another tier of the program has this code.';
        end if;
        v_before := v_tier;
        v_place := v_place + 1;
        v_kept := v_kept || jsonb_build_object('code', v_tier ->> 'code', 'name', v_tier ->> 'name',
            'qualify', membership.decimal_text((v_tier ->> 'qualify')::numeric),
            'keep', membership.decimal_text(coalesce((v_tier ->> 'keep')::numeric, (v_tier ->> 'qualify')::numeric)),
            'benefits', (select coalesce(jsonb_agg(jsonb_build_object('kind', b.value ->> 'kind', 'percent', b.value ->> 'percent',
                                                                      'contact_id', b.value ->> 'contact_id', 'note', b.value ->> 'note')
                                                   order by b.ordinality), '[]')
                           from jsonb_array_elements(case when jsonb_typeof(v_tier -> 'benefits') = 'array' then v_tier -> 'benefits' else '[]' end)
                                with ordinality b));
    end loop;
    return v_kept;
end $$;
comment on function membership.tiers_checked(jsonb) is 'Tiers of a request, held against one another, in the form in which they are kept.';

create or replace function membership.rate_checked(p_rate text) returns numeric
    language plpgsql immutable
    as $$
begin
    if p_rate::numeric <= 0 or p_rate::numeric > 1000000 or scale(trim_scale(p_rate::numeric)) > 6 then
        raise exception using errcode = 'PN422', message = 'membership/rate_invalid', column = '/rate',
            detail = 'A rate is above 0, at most 1000000, with at most six decimals.';
    end if;
    return p_rate::numeric;
end $$;
comment on function membership.rate_checked(text) is 'A rate of a request as a number.';

create or replace function membership.program_create(p_tenant uuid, p_actor uuid, p_context jsonb, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_program membership.program;
begin
    if (p_body ->> 'earn_basis' = 'SPEND') <> (p_body ->> 'earn_currency' is not null) then
        raise exception using errcode = 'PN422', message = 'membership/currency_unclear', column = '/earn_currency',
            detail = 'A program on spend names its currency; another program has none.';
    end if;
    insert into membership.program (tenant_id, program_id, name, points_name, earn_basis, earn_currency, rate, life_months, pending_days,
                                    window_months, downgrade, tiers, created_by)
    values (p_tenant, core.uuidv7(), p_body ->> 'name', p_body ->> 'points_name', p_body ->> 'earn_basis', p_body ->> 'earn_currency',
            membership.rate_checked(p_body ->> 'rate'), coalesce((p_body ->> 'life_months')::smallint, 24::smallint),
            coalesce((p_body ->> 'pending_days')::smallint, 0::smallint), coalesce((p_body ->> 'window_months')::smallint, 12::smallint),
            coalesce(p_body ->> 'downgrade', 'ONE'), membership.tiers_checked(coalesce(p_body -> 'tiers', '[]')), p_actor)
    returning * into v_program;
    insert into membership.program_version (tenant_id, program_id, version, terms, made_at, made_by)
    values (p_tenant, v_program.program_id, 1, membership.program_document(v_program)::jsonb, v_program.created_at, p_actor);
    perform audit.api_note(p_tenant, p_context, 'program', v_program.program_id, p_body);
    return membership.program_document(v_program);
end $$;
comment on function membership.program_create(uuid, uuid, jsonb, jsonb) is 'Makes a program, with the first version of its terms.';

create or replace function membership.program_patch(p_tenant uuid, p_actor uuid, p_context jsonb, p_program uuid, p_if_match text, p_body jsonb,
                                                    out body json, out version integer)
    language plpgsql volatile
    as $$
declare
    v_old membership.program;
    v_new membership.program;
begin
    select * into v_old from membership.program p where p.tenant_id = p_tenant and p.program_id = p_program for update;
    if not found then
        return;
    elsif not core.is_match(p_if_match, v_old.version) then
        raise exception using errcode = 'PN412', message = 'core/precondition_failed';
    end if;
    v_new := v_old;
    v_new.name := coalesce(p_body ->> 'name', v_old.name);
    v_new.points_name := coalesce(p_body ->> 'points_name', v_old.points_name);
    v_new.rate := coalesce(membership.rate_checked(p_body ->> 'rate'), v_old.rate);
    v_new.life_months := coalesce((p_body ->> 'life_months')::smallint, v_old.life_months);
    v_new.pending_days := coalesce((p_body ->> 'pending_days')::smallint, v_old.pending_days);
    v_new.window_months := coalesce((p_body ->> 'window_months')::smallint, v_old.window_months);
    v_new.downgrade := coalesce(p_body ->> 'downgrade', v_old.downgrade);
    if p_body ? 'tiers' then
        v_new.tiers := membership.tiers_checked(p_body -> 'tiers');
        if exists (select from membership.member m
                    where m.tenant_id = p_tenant and m.program_id = p_program and m.tier is not null
                      and not exists (select from jsonb_array_elements(v_new.tiers) t where t.value ->> 'code' = m.tier)) then
            raise exception using errcode = 'PN409', message = 'membership/tier_in_use', column = '/tiers',
                detail = 'A member has a tier that would be gone.';
        end if;
    end if;
    if v_new is distinct from v_old then
        update membership.program p
           set name = v_new.name, points_name = v_new.points_name, rate = v_new.rate, life_months = v_new.life_months,
               pending_days = v_new.pending_days, window_months = v_new.window_months, downgrade = v_new.downgrade, tiers = v_new.tiers,
               version = p.version + 1, changed_at = clock_timestamp()
         where p.tenant_id = p_tenant and p.program_id = p_program
        returning * into v_new;
        insert into membership.program_version (tenant_id, program_id, version, terms, made_at, made_by)
        values (p_tenant, p_program, v_new.version, membership.program_document(v_new)::jsonb, v_new.changed_at, p_actor);
        perform audit.api_note(p_tenant, p_context, 'program', p_program, p_body);
    end if;
    body := membership.program_document(v_new);
    version := v_new.version;
end $$;
comment on function membership.program_patch(uuid, uuid, jsonb, uuid, text, jsonb) is 'Changes the terms of a program; the old ones stay as a version.';

-- --- rewards ---

create or replace function membership.reward_document(p_reward membership.reward) returns json
    language sql stable
    as $$ select json_build_object('reward_id', p_reward.reward_id, 'program_id', p_reward.program_id, 'name', p_reward.name,
                                   'description', p_reward.description, 'points', p_reward.points, 'stock', p_reward.stock,
                                   'valid_from', core.rfc3339(p_reward.valid_from), 'valid_to', core.rfc3339(p_reward.valid_to),
                                   'tiers', to_json(p_reward.tiers), 'merchant_account_id', p_reward.merchant_account_id,
                                   'created_at', core.rfc3339(p_reward.created_at)) $$;
comment on function membership.reward_document(membership.reward) is 'A reward as replies show it.';

create or replace function membership.reward_tiers_checked(p_tenant uuid, p_program uuid, p_tiers jsonb) returns text[]
    language plpgsql stable
    as $$
declare
    v_place integer;
begin
    select t.ordinality - 1 into v_place
      from jsonb_array_elements_text(p_tiers) with ordinality t
     where not exists (select from membership.program p, jsonb_array_elements(p.tiers) k
                        where p.tenant_id = p_tenant and p.program_id = p_program and k.value ->> 'code' = t.value)
     order by t.ordinality
     limit 1;
    if found then
        raise exception using errcode = 'PN422', message = 'membership/tier_unknown', column = format('/tiers/%s', v_place),
            detail = 'The program has no tier with this code.';
    end if;
    return array(select distinct t from jsonb_array_elements_text(p_tiers) t order by 1);
end $$;
comment on function membership.reward_tiers_checked(uuid, uuid, jsonb) is 'Tiers of a request, which the program must have.';

create or replace function membership.reward_create(p_tenant uuid, p_actor uuid, p_context jsonb, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_reward membership.reward;
    v_program uuid := (p_body ->> 'program_id')::uuid;
    v_merchant uuid := (p_body ->> 'merchant_account_id')::uuid;
begin
    if not exists (select from membership.program p where p.tenant_id = p_tenant and p.program_id = v_program) then
        raise exception using errcode = 'PN422', message = 'membership/program_unknown', column = '/program_id',
            detail = 'There is no program with this id.';
    elsif v_merchant is not null and not exists (select from crm.v_account a where a.tenant_id = p_tenant and a.account_id = v_merchant
                                                    and a.kind in ('PARTNER', 'SUPPLIER')) then
        raise exception using errcode = 'PN422', message = 'membership/merchant_unknown', column = '/merchant_account_id',
            detail = 'There is no partner or supplier with this id.';
    end if;
    insert into membership.reward (tenant_id, reward_id, program_id, name, description, points, stock, valid_from, valid_to, tiers,
                                   merchant_account_id, created_by)
    values (p_tenant, core.uuidv7(), v_program, p_body ->> 'name', p_body ->> 'description', (p_body ->> 'points')::bigint,
            (p_body ->> 'stock')::integer, coalesce((p_body ->> 'valid_from')::timestamptz, clock_timestamp()),
            (p_body ->> 'valid_to')::timestamptz, membership.reward_tiers_checked(p_tenant, v_program, coalesce(p_body -> 'tiers', '[]')),
            v_merchant, p_actor)
    returning * into v_reward;
    perform audit.api_note(p_tenant, p_context, 'reward', v_reward.reward_id, p_body);
    return membership.reward_document(v_reward);
end $$;
comment on function membership.reward_create(uuid, uuid, jsonb, jsonb) is 'Makes a reward of a program.';

create or replace function membership.reward_patch(p_tenant uuid, p_context jsonb, p_reward uuid, p_if_match text, p_body jsonb,
                                                   out body json, out version integer)
    language plpgsql volatile
    as $$
declare
    v_old membership.reward;
    v_new membership.reward;
begin
    select * into v_old from membership.reward r where r.tenant_id = p_tenant and r.reward_id = p_reward for update;
    if not found then
        return;
    elsif not core.is_match(p_if_match, v_old.version) then
        raise exception using errcode = 'PN412', message = 'core/precondition_failed';
    end if;
    v_new := v_old;
    v_new.name := coalesce(p_body ->> 'name', v_old.name);
    v_new.description := core.patched(p_body, 'description', v_old.description);
    v_new.points := coalesce((p_body ->> 'points')::bigint, v_old.points);
    v_new.stock := core.patched(p_body, 'stock', v_old.stock::text)::integer;
    v_new.valid_to := core.patched(p_body, 'valid_to', v_old.valid_to::text)::timestamptz;
    if p_body ? 'tiers' then
        v_new.tiers := membership.reward_tiers_checked(p_tenant, v_old.program_id, p_body -> 'tiers');
    end if;
    if v_new is distinct from v_old then
        update membership.reward r
           set name = v_new.name, description = v_new.description, points = v_new.points, stock = v_new.stock, valid_to = v_new.valid_to,
               tiers = v_new.tiers, version = r.version + 1
         where r.tenant_id = p_tenant and r.reward_id = p_reward
        returning * into v_new;
        perform audit.api_note(p_tenant, p_context, 'reward', p_reward, p_body);
    end if;
    body := membership.reward_document(v_new);
    version := v_new.version;
end $$;
comment on function membership.reward_patch(uuid, jsonb, uuid, text, jsonb) is
    'Changes a reward. Each reservation is a new version too, so a stock that was counted beforehand overwrites none.';

grant execute on function membership.program_is_reached(uuid, jsonb, uuid), membership.decimal_text(numeric),
    membership.program_document(membership.program), membership.tiers_checked(jsonb), membership.rate_checked(text),
    membership.program_create(uuid, uuid, jsonb, jsonb), membership.program_patch(uuid, uuid, jsonb, uuid, text, jsonb),
    membership.reward_document(membership.reward), membership.reward_tiers_checked(uuid, uuid, jsonb),
    membership.reward_create(uuid, uuid, jsonb, jsonb), membership.reward_patch(uuid, jsonb, uuid, text, jsonb) to hansa_app;
