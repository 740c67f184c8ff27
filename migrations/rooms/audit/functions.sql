-- Writing entries. All of it in plpgsql: room audit is applied before the rooms whose functions it calls.

-- The digest under which an address stands in entries. Two calls at once may each make a row; both are right.
create or replace function audit.origin_of(p_tenant uuid, p_actor uuid, p_address text) returns bytea
    language plpgsql volatile
    as $$
declare
    v_today date := (now() at time zone 'UTC')::date;
    v_salt bytea;
    v_digest bytea;
begin
    if p_address is null then
        return null;
    end if;
    -- two statements, since "is not distinct from" finds no index
    if p_actor is null then
        select o.digest into v_digest
          from audit.origin o
         where o.tenant_id = p_tenant and o.address = p_address and o.day = v_today and o.actor_id is null
         limit 1;
    else
        select o.digest into v_digest
          from audit.origin o
         where o.tenant_id = p_tenant and o.address = p_address and o.day = v_today and o.actor_id = p_actor
         limit 1;
    end if;
    if v_digest is not null then
        return v_digest;
    end if;
    v_salt := uuid_send(gen_random_uuid());
    v_digest := sha256(v_salt || convert_to(p_address, 'UTF8'));
    insert into audit.origin (tenant_id, digest, salt, actor_id, address, day)
    values (p_tenant, v_digest, v_salt, p_actor, p_address, v_today);
    return v_digest;
end $$;
comment on function audit.origin_of(uuid, uuid, text) is 'Salted digest of an address, whose row in audit.origin is made when the day has none yet.';

-- {"email": "x"} becomes {"email": "sha256:…", "salt": "…"}; {"old": …, "new": …} is taken value by value, null stays null.
create or replace function audit.digested(p_tenant uuid, p_subject uuid, p_values jsonb) returns jsonb
    language plpgsql volatile
    as $$
declare
    v_salt_id uuid;
    v_salt bytea;
begin
    select s.salt_id, s.salt into v_salt_id, v_salt
      from audit.salt s
     where s.tenant_id = p_tenant and s.subject_id = p_subject
     order by s.salt_id
     limit 1;
    if not found then
        v_salt_id := core.uuidv7();
        v_salt := uuid_send(gen_random_uuid());
        insert into audit.salt (tenant_id, subject_id, salt_id, salt) values (p_tenant, p_subject, v_salt_id, v_salt);
    end if;
    return (select jsonb_object_agg(v.key, case
                       when jsonb_typeof(v.value) = 'null' then v.value
                       when jsonb_typeof(v.value) = 'object' and v.value - 'old' - 'new' = '{}'::jsonb then
                           (select jsonb_object_agg(w.key, case when jsonb_typeof(w.value) = 'null' then w.value
                                                                else to_jsonb(audit.digest_of(v_salt, w.value)) end)
                              from jsonb_each(v.value) w)
                       else to_jsonb(audit.digest_of(v_salt, v.value)) end)
              from jsonb_each(p_values) v) || jsonb_build_object('salt', v_salt_id);
end $$;
comment on function audit.digested(uuid, uuid, jsonb) is 'Personal values as digests under the salt of their person.';

create or replace function audit.digest_of(p_salt bytea, p_value jsonb) returns text
    language sql immutable parallel safe
    as $$ select 'sha256:' || encode(sha256(p_salt || convert_to(coalesce(p_value #>> '{}', ''), 'UTF8')), 'hex') $$;
comment on function audit.digest_of(bytea, jsonb) is 'SHA-256 of salt and value, in hex with its name before.';

-- What an entry may say: secrets by name are struck out even when a caller forgot to, personal values become digests.
create or replace function audit.changes_kept(p_tenant uuid, p_subject uuid, p_changes jsonb) returns jsonb
    language plpgsql volatile
    as $$
declare
    v_kept jsonb;
    v_subject uuid := coalesce((p_changes -> 'personal' ->> 'subject')::uuid, p_subject);
begin
    if p_changes is null or p_changes = '{}'::jsonb then
        return null;
    end if;
    select jsonb_object_agg(c.key, case when c.key ~ '(^|_)(password|secret|token|otp|hash|phc|recovery_codes?|credentials?)$' then '"…"'::jsonb else c.value end)
      into v_kept
      from jsonb_each(p_changes) c
     where c.key <> 'personal';
    if jsonb_typeof(p_changes -> 'personal') = 'object' and p_changes -> 'personal' <> '{}'::jsonb then
        v_kept := coalesce(v_kept, '{}'::jsonb) || jsonb_build_object('personal',
                      audit.digested(p_tenant, coalesce(v_subject, '00000000-0000-0000-0000-000000000000'),
                                     (p_changes -> 'personal') - 'subject'));
    end if;
    return v_kept;
end $$;
comment on function audit.changes_kept(uuid, uuid, jsonb) is 'Changes as an entry keeps them.';

create or replace function audit.entry_add(p_tenant uuid, p_context jsonb, p_outcome text, p_code text, p_object_kind text, p_object_id uuid,
                                           p_changes jsonb) returns uuid
    language plpgsql volatile
    as $$
declare
    v_at timestamptz := clock_timestamp();
    v_entry uuid := core.uuidv7_at((date_part('epoch', v_at) * 1000000)::bigint);
    v_actor uuid := (p_context ->> 'actor_id')::uuid;
begin
    insert into audit.entry (tenant_id, entry_id, at, actor_id, actor_kind, session_id, origin, endpoint, method, object_kind, object_id,
                             outcome, code, changes, request_id, trace_id)
    values (p_tenant, v_entry, v_at, v_actor,
            coalesce(p_context ->> 'actor_kind', case when p_context ->> 'endpoint' is null then 'SYSTEM' else 'ANYBODY' end),
            (p_context ->> 'session_id')::uuid, audit.origin_of(p_tenant, v_actor, p_context ->> 'address'), p_context ->> 'endpoint',
            p_context ->> 'method', p_object_kind, p_object_id, p_outcome, p_code,
            audit.changes_kept(p_tenant, p_object_id, p_changes), p_context ->> 'request_id', p_context ->> 'trace_id');
    return v_entry;
end $$;
comment on function audit.entry_add(uuid, jsonb, text, text, text, uuid, jsonb) is 'Writes one entry; answers its id.';

create or replace function audit.api_note(p_tenant uuid, p_context jsonb, p_object_kind text, p_object_id uuid, p_changes jsonb) returns boolean
    language plpgsql volatile
    as $$
begin
    perform audit.entry_add(p_tenant, p_context, 'CHANGED', null, p_object_kind, p_object_id, p_changes);
    return true;
end $$;
comment on function audit.api_note(uuid, jsonb, text, uuid, jsonb) is
    'Notes one change in the change''s own transaction. Personal values go under the member personal, which may name its subject.';

-- A credential names its tenant before anybody has believed it: nothing is noted for a tenant that is none.
create or replace function audit.access_note(p_tenant uuid, p_context jsonb, p_code text, p_times bigint) returns uuid
    language plpgsql volatile
    as $$
begin
    if not exists (select from identity.v_tenant t where t.id = p_tenant) then
        return null;
    end if;
    return audit.entry_add(p_tenant, p_context, case when p_times is null then 'REFUSED' else 'SUMMED' end, p_code, null, null,
                           case when p_times is not null then jsonb_build_object('refused', p_times) end);
end $$;
comment on function audit.access_note(uuid, jsonb, text, bigint) is 'Notes a refused access, or the sum of many.';

-- A tenant older than a day has had its first seal, unless it was cut off.
create or replace function audit.is_old(p_tenant uuid) returns boolean
    language plpgsql stable
    as $$
begin
    return core.uuidv7_at((date_part('epoch', now() - interval '1 day') * 1000000)::bigint) > p_tenant;
end $$;
comment on function audit.is_old(uuid) is 'Was the tenant made more than a day ago, by its UUIDv7?';

grant usage on schema audit to hansa_app;
grant execute on function audit.origin_of(uuid, uuid, text), audit.digested(uuid, uuid, jsonb), audit.digest_of(bytea, jsonb),
    audit.changes_kept(uuid, uuid, jsonb), audit.entry_add(uuid, jsonb, text, text, text, uuid, jsonb),
    audit.api_note(uuid, jsonb, text, uuid, jsonb),
    audit.access_note(uuid, jsonb, text, bigint), audit.is_old(uuid) to hansa_app;
