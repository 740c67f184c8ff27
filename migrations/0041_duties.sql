-- Scopes by duty (decision 0046): what heavier duties lay in a room's `write` have scopes of their own. Built-in roles are told by
-- migrations/rooms/identity/role_built_in.sql from now on; what a tenant made itself, roles for its staff and API keys, keeps all
-- that it could do, so that nothing stops working overnight, and the audit says so.

alter table identity.role
    drop constraint role_scopes_form,
    add constraint role_scopes_form check (array_ndims(scopes) = 1 and array_position(scopes, null) is null and cardinality(scopes) <= 80);

do $$
declare
    v_tenant uuid;
    v_row record;
    v_scopes text[];
begin
    for v_tenant in select t.id from identity.tenant t order by t.id loop
        perform set_config('hansa.tenant_id', v_tenant::text, true);
        for v_row in
            select 'role' as kind, null::uuid as id, r.role as name, r.scopes, r.audience = 'STAFF' as is_staffs from identity.role r
             where r.tenant_id = v_tenant and not r.is_built_in
            union all
            select 'key', k.api_key_id, k.name, k.scopes, true from identity.api_key k
             where k.tenant_id = v_tenant and k.revoked_at is null
               and not exists (select from identity.tenant t where t.id = v_tenant and t.is_operator) loop
            v_scopes := array(
                select s from unnest(v_row.scopes) s where s not like 'operator:%'
                union
                select d.scope from (values
                    ('crm:write', 'crm:note'), ('crm:write', 'crm:credit'), ('crm:write', 'crm:assign'),
                    ('orders:write', 'orders:confirm'), ('orders:write', 'orders:release'), ('orders:write', 'orders:invoice'),
                    ('orders:write', 'orders:close'), ('exchange:write', 'exchange:setup'), ('partners:write', 'partners:approve'),
                    ('partners:write', 'partners:own'), ('alliances:write', 'alliances:govern'), ('membership:write', 'membership:terms'),
                    ('membership:write', 'membership:points'), ('membership:write', 'membership:decide'),
                    ('identity:write', 'identity:roles'), ('identity:write', 'identity:keys'), ('identity:write', 'identity:sso'),
                    ('privacy:write', 'privacy:retention')) d (was, scope)
                 where v_row.is_staffs and v_row.scopes && array[d.was, '*:write']
                order by 1);
            continue when v_row.scopes <@ v_scopes and v_scopes <@ v_row.scopes;
            if v_row.kind = 'role' then
                update identity.role r set scopes = v_scopes, version = r.version + 1
                 where r.tenant_id = v_tenant and r.role = v_row.name;
            else
                update identity.api_key k set scopes = v_scopes where k.tenant_id = v_tenant and k.api_key_id = v_row.id;
            end if;
            perform audit.api_note(v_tenant, '{"actor_kind": "SYSTEM", "endpoint": "hansa migrate"}', v_row.kind, v_row.id,
                jsonb_build_object('name', v_row.name, 'scopes', jsonb_build_object('old', to_jsonb(v_row.scopes), 'new', to_jsonb(v_scopes))));
        end loop;
    end loop;
    perform set_config('hansa.tenant_id', '', true);
end $$;

-- A role is a tenant's: what opens the operator's endpoints stands in none.
alter table identity.role add constraint role_scopes_of_tenant check (' ' || array_to_string(scopes, ' ') not like '% operator:%');

-- The queue is common to all tenants; in a tenant's unit it is its own work alone (migrations/rooms/core/walls.sql).
alter table core.job enable row level security;
