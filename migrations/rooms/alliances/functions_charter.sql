-- Charters: what they say when nothing else was said, whether they can be, their one written form, and when they come into force.

-- Who is told what of a document, by role; a starting point that a charter may replace. It follows who has a part in a leg: whoever asks
-- for transport sees what comes back, whoever carries sees its own leg and nothing of prices and people beyond it.
create or replace function alliances.share_rules_usual() returns jsonb
    language sql immutable parallel safe
    as $$ select jsonb_agg(jsonb_build_object('document', r.document, 'role', r.role, 'fields', to_jsonb(r.fields)) order by r.document, r.role)
            from (select d.document, t.role, d.fields
                    from (values ('TENDER', '{COLLECTION,TRUNK,DELIVERY}'::text[],
                                  '{/tender_id,/alliance_id,/leg,/stops,/goods,/price,/currency,/expires_at,/notes,/references}'::text[]),
                                 ('AWARD', '{COLLECTION,TRUNK,DELIVERY}',
                                  '{/tender_id,/alliance_id,/leg,/stops,/goods,/price,/currency,/references,/contacts}'),
                                 ('TENDER_WITHDRAWAL', '{COLLECTION,TRUNK,DELIVERY}', '{""}'),
                                 ('TENDER_RESPONSE', '{REQUESTING}', '{""}'),
                                 ('STATUS', '{REQUESTING}', '{""}'),
                                 ('STATUS', '{COLLECTION,TRUNK,DELIVERY}', '{/tender_id,/leg,/events,/event,/status,/eta,/exceptions}'),
                                 ('STATUS', '{HUB}', '{/tender_id,/events,/event,/eta,/handling_units}'),
                                 ('POD', '{REQUESTING}', '{""}')) d (document, roles, fields), unnest(d.roles) t (role)) r $$;
comment on function alliances.share_rules_usual() is 'Share rules of a charter that gives none. No role: nothing is delivered.';

create or replace function alliances.split_check(p_split jsonb, p_roles jsonb) returns void
    language plpgsql immutable
    as $$
declare
    v_kind text := p_split ->> 'kind';
    v_place integer;
    v_sum numeric;
begin
    if p_split is null or p_split = 'null' then
        return;
    end if;
    select s.place - 1 into v_place
      from jsonb_array_elements(p_split -> 'shares') with ordinality s (share, place)
     where not p_roles ? (s.share ->> 'role') or s.share ->> 'role' = 'OBSERVER'
        or exists (select from jsonb_array_elements(p_split -> 'shares') with ordinality o (share, place)
                    where o.share ->> 'role' = s.share ->> 'role' and o.place < s.place)
     limit 1;
    if found then
        raise exception using errcode = 'PN422', message = 'alliances/split_unsound', column = format('/split/shares/%s/role', v_place),
            detail = 'Each role of the charter has one share at most, and OBSERVER none.';
    end if;
    select s.place - 1 into v_place
      from jsonb_array_elements(p_split -> 'shares') with ordinality s (share, place)
     where (s.share ->> 'value')::numeric < 0 or ((s.share ->> 'value')::numeric = 0 and v_kind in ('WEIGHTED', 'PERCENT'))
        or ((s.share ->> 'value')::numeric > 1000 and v_kind = 'COST_PLUS')
        or (v_kind = 'FIXED' and not core.is_payable((s.share ->> 'value')::numeric, p_split ->> 'currency'))
     limit 1;
    if found then
        raise exception using errcode = 'PN422', message = 'alliances/split_unsound', column = format('/split/shares/%s/value', v_place),
            detail = 'A share is not below nought; percents and weights are above it; a mark-up is at most 1000 per cent; fixed amounts have the decimals of their currency.';
    end if;
    select sum((s.share ->> 'value')::numeric) into v_sum from jsonb_array_elements(p_split -> 'shares') s (share);
    if v_kind = 'PERCENT' and v_sum <> 100 then
        raise exception using errcode = 'PN422', message = 'alliances/split_unsound', column = '/split/shares',
            detail = format('The percents add up to %s and not to 100.', v_sum);
    elsif (v_kind = 'FIXED') <> (p_split ->> 'currency' is not null) or (v_kind = 'FIXED') <> (p_split ->> 'total' is not null) then
        raise exception using errcode = 'PN422', message = 'alliances/split_unsound', column = '/split/total',
            detail = 'Fixed amounts have a total and a currency; other splits have neither.';
    elsif v_kind = 'FIXED' and v_sum <> (p_split ->> 'total')::numeric then
        raise exception using errcode = 'PN422', message = 'alliances/split_unsound', column = '/split/total',
            detail = format('The amounts add up to %s.', v_sum);
    end if;
end $$;
comment on function alliances.split_check(jsonb, jsonb) is 'Refuses a split whose shares do not add up, or whose roles the charter has not.';

-- The whole text of a version as it is hashed. Null members are left out, so that saying nothing is said in one way.
create or replace function alliances.charter_text(p_alliance uuid, p_version integer, p_body jsonb) returns jsonb
    language plpgsql stable
    as $$
declare
    v_roles jsonb;
    v_place integer;
begin
    select jsonb_agg(distinct r.one -> 'role') into v_roles from jsonb_array_elements(p_body -> 'roles') r (one);
    if jsonb_array_length(v_roles) < jsonb_array_length(p_body -> 'roles') then
        raise exception using errcode = 'PN422', message = 'alliances/role_twice', column = '/roles', detail = 'Each role stands in the charter once.';
    end if;
    select r.place - 1 into v_place from jsonb_array_elements(nullif(p_body -> 'share_rules', 'null')) with ordinality r (rule, place)
     where not v_roles ? (r.rule ->> 'role') or r.rule ->> 'valid_from' > r.rule ->> 'valid_to'
        or exists (select from jsonb_array_elements_text(r.rule -> 'fields') f (field) where f.field !~ '^(/([^~/]|~[01])*)*$')
     limit 1;
    if found then
        raise exception using errcode = 'PN422', message = 'alliances/share_rule_unsound', column = format('/share_rules/%s', v_place),
            detail = 'A share rule is for a role of the charter, ends after it begins, and names fields by JSON pointers.';
    end if;
    perform alliances.split_check(p_body -> 'split', v_roles);
    return jsonb_strip_nulls(jsonb_build_object(
        'alliance_id', p_alliance, 'version', p_version, 'text', p_body -> 'text', 'roles', p_body -> 'roles',
        'share_rules', coalesce(nullif(p_body -> 'share_rules', 'null'),
                                (select coalesce(jsonb_agg(u.rule order by u.place), '[]')
                                   from jsonb_array_elements(alliances.share_rules_usual()) with ordinality u (rule, place)
                                  where v_roles ? (u.rule ->> 'role'))),
        'split', nullif(p_body -> 'split', 'null')));
end $$;
comment on function alliances.charter_text(uuid, integer, jsonb) is 'The text of a charter from what was proposed; refuses what cannot be.';

-- The one place where the hash is made; the table checks it again. jsonb writes equal values in equal bytes.
create or replace function alliances.charter_hash(p_text jsonb) returns bytea
    language sql immutable parallel safe
    as $$ select sha256(convert_to(p_text::text, 'UTF8')) $$;
comment on function alliances.charter_hash(jsonb) is 'SHA-256 of a charter in its canonical form: decision 0034.';

create or replace function alliances.charter_document(p_charter alliances.charter, p_tenant uuid) returns json
    language plpgsql stable
    as $$
begin
    return (select json_build_object('charter_id', p_charter.charter_id, 'version', p_charter.version, 'state', p_charter.state, 'charter', p_charter.body,
                     'sha256', encode(p_charter.sha256, 'hex'), 'proposed_at', core.rfc3339(p_charter.proposed_at),
                     'in_force_at', core.rfc3339(p_charter.in_force_at), 'ended_at', core.rfc3339(p_charter.ended_at),
                     'acceptances', coalesce((select json_agg(json_build_object('org_id', m.org_id, 'sha256', encode(a.sha256, 'hex'),
                             'accepted_at', core.rfc3339(a.accepted_at),
                             'actor_kind', case when a.member_tenant = p_tenant then a.actor_kind end,
                             'actor_id', case when a.member_tenant = p_tenant then a.actor_id end) order by a.accepted_at, m.org_id)
                          from alliances.acceptance a
                          join alliances.member m on m.alliance_id = a.alliance_id and m.member_tenant = a.member_tenant
                         where a.alliance_id = p_charter.alliance_id and a.version = p_charter.version
                           and (a.member_tenant = p_tenant or alliances.is_inside(alliances.standing(p_charter.alliance_id)))), '[]'::json)));
end $$;
comment on function alliances.charter_document(alliances.charter, uuid) is
    'A charter as replies show it; acceptances of others to members only, and who spoke for one to that one only.';

-- May the tenant, standing so, read this version?
create or replace function alliances.charter_is_open_to(p_charter alliances.charter, p_tenant uuid) returns boolean
    language plpgsql stable
    as $$
begin
    return (select case alliances.standing(p_charter.alliance_id)
                     when 'ACCEPTED' then true when 'ACTIVE' then true when 'SUSPENDED' then true
                     when 'INVITED' then p_charter.state in ('PROPOSED', 'IN_FORCE')
                     else false end
                 or exists (select from alliances.acceptance a where a.alliance_id = p_charter.alliance_id
                               and a.version = p_charter.version and a.member_tenant = p_tenant));
end $$;
comment on function alliances.charter_is_open_to(alliances.charter, uuid) is
    'Members read all versions, who is invited what he may accept, who left what he had accepted.';

grant execute on function alliances.share_rules_usual(), alliances.split_check(jsonb, jsonb), alliances.charter_text(uuid, integer, jsonb),
    alliances.charter_hash(jsonb), alliances.charter_document(alliances.charter, uuid),
    alliances.charter_is_open_to(alliances.charter, uuid) to hansa_app;
