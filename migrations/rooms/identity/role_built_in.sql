-- Who does what in a firm: the roles that every tenant has. The one list of them (decision 0046); docs/roles.md shows it against the
-- endpoints, tests/house/test_roles.py holds both against what the server lets pass. A scope that stands nowhere here is the owner's.
--
-- Whoever sells neither sets the credit of his customers nor lets go what it holds; whoever plans does not invoice; money is finance's
-- and the manager's; what binds the firm (charters, how people sign in, how long things are kept) is the owner's.
insert into identity.built_in_role (role, name, audience, scopes) values
    ('owner', 'Owner', 'STAFF', '{*}'),
    ('manager', 'Manager', 'STAFF',
     '{crm:*,sales:*,orders:*,tracking:*,files:*,exchange:*,partners:*,alliances:read,alliances:write,alliances:answer,membership:*,insight:*,
       identity:read,identity:write,identity:roles,identity:keys,audit:read,privacy:read,privacy:write,sandbox:*}'),
    ('sales', 'Sales', 'STAFF',
     '{crm:read,crm:write,crm:note,sales:read,sales:write,sales:accept,orders:read,orders:book,tracking:read,files:read,files:write,
       membership:read,insight:read}'),
    ('customer_service', 'Customer service', 'STAFF',
     '{crm:read,crm:write,crm:note,sales:read,orders:read,orders:book,orders:confirm,orders:close,orders:write,tracking:read,tracking:write,
       tracking:share,tracking:raise,files:read,files:write,exchange:read,partners:read,alliances:read,membership:read,membership:write,membership:redeem,
       insight:read}'),
    ('dispatcher', 'Dispatcher', 'STAFF',
     '{crm:read,crm:note,orders:read,orders:book,orders:confirm,orders:write,tracking:read,tracking:write,tracking:share,tracking:raise,
       files:read,files:write,exchange:read,exchange:write,partners:read,partners:write,alliances:read,alliances:write,alliances:answer}'),
    ('finance', 'Finance', 'STAFF',
     '{crm:read,crm:note,crm:credit,sales:read,orders:read,orders:release,orders:invoice,orders:close,tracking:read,files:read,files:write,
       exchange:read,partners:read,alliances:read,membership:read,insight:read}'),
    ('viewer', 'Viewer', 'STAFF',
     '{crm:read,sales:read,orders:read,tracking:read,files:read,exchange:read,partners:read,alliances:read,membership:read,insight:read}'),
    ('partner', 'Partner', 'PARTNER',
     '{crm:read,orders:read,tracking:read,tracking:write,tracking:raise,partners:read,alliances:read,alliances:answer,files:read,files:write}'),
    ('partner_admin', 'Partner''s administrator', 'PARTNER',
     '{crm:read,orders:read,tracking:read,tracking:write,tracking:raise,partners:read,alliances:read,alliances:answer,files:read,files:write,
       identity:read,identity:write,identity:keys}'),
    ('customer', 'Customer', 'CUSTOMER',
     '{crm:read,orders:read,orders:book,tracking:read,tracking:share,tracking:raise,sales:read,sales:accept,membership:read,membership:redeem,files:read}'),
    ('customer_admin', 'Customer''s administrator', 'CUSTOMER',
     '{crm:read,orders:read,orders:book,tracking:read,tracking:share,tracking:raise,sales:read,sales:accept,membership:read,membership:redeem,files:read,
       identity:read,identity:write,identity:keys}')
on conflict (role) do update set name = excluded.name, audience = excluded.audience, scopes = excluded.scopes;

-- Each tenant has a copy, since grants point to it; the wall asks for one tenant at a time, also of the owner of the tables.
do $$
declare
    v_tenant uuid;
    v_role record;
begin
    for v_tenant in select t.id from identity.tenant t order by t.id loop
        perform set_config('hansa.tenant_id', v_tenant::text, true);
        for v_role in
            select r.role, r.scopes as old, b.scopes as new
              from identity.role r join identity.built_in_role b on b.role = r.role
             where r.tenant_id = v_tenant and r.is_built_in and r.scopes <> b.scopes loop
            update identity.role r set scopes = v_role.new, version = r.version + 1 where r.tenant_id = v_tenant and r.role = v_role.role;
            perform audit.api_note(v_tenant, '{"actor_kind": "SYSTEM", "endpoint": "hansa migrate"}', 'role', null, jsonb_build_object(
                'role', v_role.role, 'scopes', jsonb_build_object('old', to_jsonb(v_role.old), 'new', to_jsonb(v_role.new))));
        end loop;
    end loop;
    perform set_config('hansa.tenant_id', '', true);
end $$;
