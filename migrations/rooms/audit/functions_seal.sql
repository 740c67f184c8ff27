-- Sealing and showing the chain (decision 0020).

-- Times in microseconds of UTC, whatever the session's settings.
create or replace function audit.moment_text(p_at timestamptz) returns text
    language sql immutable parallel safe
    as $$ select to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') $$;
comment on function audit.moment_text(timestamptz) is 'A moment as seals and exports write it: 2026-03-10T16:42:00.000000Z.';

-- The text that a seal's digest covers: members in fixed order.
create or replace function audit.entry_text(e audit.entry) returns text
    language sql immutable parallel safe
    as $$ select json_build_object(
        'entry_id', e.entry_id, 'at', audit.moment_text(e.at),
        'actor_id', e.actor_id, 'actor_kind', e.actor_kind, 'session_id', e.session_id, 'origin', encode(e.origin, 'hex'),
        'endpoint', e.endpoint, 'method', e.method, 'object_kind', e.object_kind, 'object_id', e.object_id, 'outcome', e.outcome,
        'code', e.code, 'changes', e.changes, 'request_id', e.request_id, 'trace_id', e.trace_id)::text $$;
comment on function audit.entry_text(audit.entry) is 'Canonical text of an entry, one line of JSON.';

create or replace function audit.seal_hash(p_tenant uuid, p_seal bigint, p_sealed_at timestamptz, p_covers_to timestamptz,
                                           p_digests bytea, p_prev bytea) returns bytea
    language sql immutable parallel safe
    as $$ select sha256(p_prev || convert_to(p_tenant || ' ' || p_seal || ' ' || audit.moment_text(p_sealed_at) || ' '
                        || audit.moment_text(p_covers_to) || ' ' || length(p_digests) / 32 || E'\n', 'UTF8') || p_digests) $$;
comment on function audit.seal_hash(uuid, bigint, timestamptz, timestamptz, bytea, bytea) is
    'SHA-256 of the hash before, the line "tenant number sealed_at covers_to count", and the digests of the entries.';

-- The smallest UUIDv7 of a moment.
create or replace function audit.id_from(p_at timestamptz) returns uuid
    language sql immutable parallel safe
    as $$ select (lpad(to_hex(floor(date_part('epoch', greatest(p_at, '1970-01-01T00:00:00Z')) * 1000)::bigint), 12, '0')
                  || '00000000000000000000')::uuid $$;
comment on function audit.id_from(timestamptz) is 'No UUIDv7 made at this moment or later is smaller.';

create or replace function audit.id_until(p_at timestamptz) returns uuid
    language sql immutable parallel safe
    as $$ select (lpad(to_hex(floor(date_part('epoch', greatest(p_at, '1970-01-01T00:00:00Z')) * 1000)::bigint), 12, '0')
                  || 'ffffffffffffffffffff')::uuid $$;
comment on function audit.id_until(timestamptz) is 'No UUIDv7 made before this moment is greater.';

create or replace function audit.api_tenants() returns json
    language plpgsql stable security definer set search_path = ''
    as $$
begin
    perform core.house_demand();
    return (select coalesce(json_agg(t.id order by t.id), '[]'::json) from identity.v_tenant t);
end $$;
comment on function audit.api_tenants() is
    'Ids of all tenants, suspended ones and the operator''s too, whose trails are sealed alike: for timers that go from one to the next, in no tenant''s unit.';

-- Cuts the next seal over the entries that are in none. An entry may be committed up to two minutes after it was written and
-- still find its seal; one that turns up later is no entry of ours, and verify tells it. So the search is short, too.
create or replace function audit.seal_cut(p_tenant uuid) returns json
    language plpgsql volatile
    as $$
declare
    v_last audit.seal;
    v_grace constant interval := interval '2 minutes';
    v_most constant integer := 1000;
    v_entries uuid[];
    v_digests bytea;
    v_now timestamptz;
    v_covers timestamptz;
    v_hash bytea;
begin
    if not pg_try_advisory_xact_lock(hashtextextended('audit.seal ' || p_tenant, 0)) then
        return null;
    end if;
    select * into v_last from audit.seal s where s.tenant_id = p_tenant order by s.seal_no desc limit 1;
    select array_agg(f.entry_id order by f.entry_id), string_agg(f.digest, ''::bytea order by f.entry_id)
      into v_entries, v_digests
      from (select e.entry_id, sha256(convert_to(audit.entry_text(e), 'UTF8')) as digest
              from audit.entry e
             where e.tenant_id = p_tenant
               and e.entry_id >= coalesce(audit.id_from(v_last.covers_to - v_grace), '00000000-0000-0000-0000-000000000000'::uuid)
               and e.entry_id not in (select unnest(s.entries) from audit.seal s
                                       where s.tenant_id = p_tenant and s.sealed_at >= v_last.covers_to - v_grace)
             order by e.entry_id
             limit v_most) f;
    if v_entries is null and v_last.sealed_at > now() - interval '1 day' then
        -- nothing new; but a seal whose signing was cut off is signed now
        return (select json_build_object('seal_no', v_last.seal_no, 'hash', encode(v_last.hash, 'hex'), 'sealed', 0, 'more', false)
                 where not exists (select from audit.head h where h.tenant_id = p_tenant and h.seal_no >= v_last.seal_no));
    end if;
    v_now := greatest(clock_timestamp(), v_last.sealed_at);
    v_covers := v_now;
    if cardinality(v_entries) = v_most then
        select e.at into v_covers from audit.entry e where e.tenant_id = p_tenant and e.entry_id = v_entries[v_most];
    end if;
    v_entries := coalesce(v_entries, '{}');
    v_digests := coalesce(v_digests, ''::bytea);
    v_last.prev_hash := coalesce(v_last.hash, decode(repeat('00', 32), 'hex'));
    v_last.seal_no := coalesce(v_last.seal_no, 0) + 1;
    v_hash := audit.seal_hash(p_tenant, v_last.seal_no, v_now, v_covers, v_digests, v_last.prev_hash);
    insert into audit.seal (tenant_id, seal_no, sealed_at, covers_to, entries, digests, prev_hash, hash)
    values (p_tenant, v_last.seal_no, v_now, v_covers, v_entries, v_digests, v_last.prev_hash, v_hash);
    return json_build_object('seal_no', v_last.seal_no, 'hash', encode(v_hash, 'hex'), 'sealed', cardinality(v_entries),
                             'more', cardinality(v_entries) = v_most);
end $$;
comment on function audit.seal_cut(uuid) is
    'Seals what is unsealed, an empty seal a day when nothing is; null when there was nothing to do or another server is at it.';

-- One piece of the chain: up to p_most seals after p_after, with the canonical text of their entries as they are now.
create or replace function audit.chain(p_tenant uuid, p_after bigint, p_most integer) returns json
    language plpgsql stable
    as $$
begin
    return json_build_object(
        'format', 'hansa-audit-1', 'tenant_id', p_tenant, 'after', p_after,
        'seals', (select coalesce(json_agg(json_build_object(
                             'seal_no', s.seal_no, 'sealed_at', audit.moment_text(s.sealed_at), 'covers_to', audit.moment_text(s.covers_to),
                             'prev_hash', encode(s.prev_hash, 'hex'), 'hash', encode(s.hash, 'hex'), 'digests', encode(s.digests, 'hex'),
                             'entry_ids', s.entries,
                             'entries', (select coalesce(json_agg(case when e.entry_id is not null then audit.entry_text(e) end order by i.place), '[]'::json)
                                           from unnest(s.entries) with ordinality as i (entry_id, place)
                                           left join audit.entry e on e.tenant_id = p_tenant and e.entry_id = i.entry_id))
                                 order by s.seal_no), '[]'::json)
                    from (select * from audit.seal k
                           where k.tenant_id = p_tenant and k.seal_no > p_after
                           order by k.seal_no
                           limit p_most) s),
        'last', (select max(k.seal_no) from audit.seal k where k.tenant_id = p_tenant),
        'head', (select json_build_object('seal_no', h.seal_no, 'hash', encode(h.hash, 'hex'),
                                          'signed_at', audit.moment_text(h.signed_at),
                                          'signature', encode(h.signature, 'hex'))
                   from audit.head h where h.tenant_id = p_tenant));
end $$;
comment on function audit.chain(uuid, bigint, integer) is 'Seals with their entries as text, and the signed head: what is exported and verified.';

-- Entries that no seal names though they are old enough: somebody put them there past the server.
create or replace function audit.strays(p_tenant uuid) returns json
    language plpgsql stable
    as $$
begin
    return (select coalesce(json_agg(json_build_object('entry_id', e.entry_id, 'at', core.rfc3339(e.at)) order by e.entry_id), '[]'::json)
              from audit.entry e
             where e.tenant_id = p_tenant
               and e.at < (select max(s.covers_to) from audit.seal s where s.tenant_id = p_tenant) - interval '2 minutes'
               and e.entry_id not in (select unnest(s.entries) from audit.seal s where s.tenant_id = p_tenant));
end $$;
comment on function audit.strays(uuid) is 'Entries older than the last seal allows that are in no seal.';

grant execute on function audit.moment_text(timestamptz), audit.entry_text(audit.entry),
    audit.seal_hash(uuid, bigint, timestamptz, timestamptz, bytea, bytea), audit.id_from(timestamptz), audit.id_until(timestamptz),
    audit.api_tenants(), audit.seal_cut(uuid), audit.chain(uuid, bigint, integer), audit.strays(uuid) to hansa_app;
