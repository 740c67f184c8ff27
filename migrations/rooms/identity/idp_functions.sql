-- Identity providers: kept, and signed in through. plpgsql throughout, as later files are called.

create or replace function identity.idp_document(p_idp identity.idp) returns json
    language sql stable
    as $$ select json_build_object(
              'idp_id', p_idp.idp_id, 'slug', p_idp.slug, 'name', p_idp.name, 'issuer', p_idp.issuer, 'client_id', p_idp.client_id,
              'has_client_secret', p_idp.client_secret is not null, 'scopes', p_idp.scopes, 'role_claim', p_idp.role_claim,
              'role_map', p_idp.role_map, 'default_role', p_idp.default_role, 'email_domains', p_idp.email_domains,
              'trusts_email', p_idp.trusts_email, 'is_enabled', p_idp.is_enabled,
              'start_path', '/v1/session/oidc/' || t.slug || '/' || p_idp.slug || '/start',
              'redirect_path', '/v1/session/oidc/callback', 'created_at', core.rfc3339(p_idp.created_at), 'created_by', p_idp.created_by)
            from identity.tenant t
           where t.id = p_idp.tenant_id $$;
comment on function identity.idp_document(identity.idp) is 'A provider as replies show it; its secret is never told.';

-- A mapped role in one form, with every member.
create or replace function identity.idp_role_normal(p_role jsonb) returns jsonb
    language sql immutable parallel safe
    as $$ select jsonb_build_object('role', p_role -> 'role', 'reach', coalesce(p_role ->> 'reach', 'TENANT'), 'unit_id', p_role -> 'unit_id',
                                    'account_id', p_role -> 'account_id')
              || case when p_role ? 'value' then jsonb_build_object('value', p_role -> 'value') else '{}' end $$;
comment on function identity.idp_role_normal(jsonb) is 'An entry of role_map, or default_role, with nothing left out; the reach is TENANT unless it is told.';

-- A role that the provider may give: it exists, its reach fits, and the caller holds it himself (promise Z5).
create or replace function identity.idp_role_check(p_tenant uuid, p_context jsonb, p_role jsonb, p_pointer text) returns boolean
    language plpgsql volatile
    as $$
declare
    v_grant identity.role_grant;
    v_code text;
    v_column text;
    v_detail text;
begin
    begin
        -- nobody has this id: what a grant must be by itself is checked
        v_grant := identity.grant_read(p_tenant, core.uuidv7(), p_role);
    exception when sqlstate 'PN422' then
        get stacked diagnostics v_code = message_text, v_column = column_name, v_detail = pg_exception_detail;
        raise exception using errcode = 'PN422', message = v_code, column = p_pointer || v_column, detail = v_detail;
    end;
    return identity.scopes_demand(p_tenant, p_context, (select r.scopes from identity.role r
                                                         where r.tenant_id = p_tenant and r.role = v_grant.role), p_pointer || '/role');
end $$;
comment on function identity.idp_role_check(uuid, jsonb, jsonb, text) is 'True, or an error that points into the request.';

-- Who decides through whom people sign in, decides who they are: all that the provider can give, the caller must hold, and a
-- provider that finds known people by their address can sign in as anybody, so only an owner may declare domains.
create or replace function identity.idp_check(p_tenant uuid, p_context jsonb, p_idp identity.idp) returns boolean
    language plpgsql volatile
    as $$
declare
    v_role record;
begin
    for v_role in select value, ordinality - 1 as place from jsonb_array_elements(p_idp.role_map) with ordinality loop
        perform identity.idp_role_check(p_tenant, p_context, v_role.value, '/role_map/' || v_role.place);
    end loop;
    if p_idp.role_map <> '[]' and p_idp.role_claim is null then
        raise exception using errcode = 'PN422', message = 'identity/idp_role_claim_missing', column = '/role_claim',
            detail = 'role_map needs role_claim: the claim whose values it maps.';
    end if;
    if p_idp.default_role is not null then
        perform identity.idp_role_check(p_tenant, p_context, p_idp.default_role, '/default_role');
    end if;
    if p_idp.email_domains <> '{}' then
        perform identity.scopes_demand(p_tenant, p_context, '{*}', '/email_domains');
    end if;
    return true;
end $$;
comment on function identity.idp_check(uuid, jsonb, identity.idp) is 'True when the caller may have such a provider, else an error.';

-- Taking a provider away shuts out those who sign in there. Roles and units that are gone meanwhile give nothing, so they ask for nothing.
create or replace function identity.idp_given_demand(p_tenant uuid, p_context jsonb, p_idp identity.idp) returns boolean
    language plpgsql stable
    as $$
begin
    return identity.scopes_demand(p_tenant, p_context, array(
        select s.scope from identity.role r, unnest(r.scopes) s (scope)
         where r.tenant_id = p_tenant
           and (r.role = p_idp.default_role ->> 'role' or exists (select from jsonb_array_elements(p_idp.role_map) m where m ->> 'role' = r.role))
        union all select '*' where p_idp.email_domains <> '{}'), null);
end $$;
comment on function identity.idp_given_demand(uuid, jsonb, identity.idp) is 'True, or 403 when the provider gives more than the caller holds.';

-- p_in: the request without its secret.
create or replace function identity.idp_read(p_tenant uuid, p_idp uuid, p_in jsonb) returns identity.idp
    language plpgsql stable
    as $$
declare
    v_idp identity.idp;
begin
    v_idp.tenant_id := p_tenant;
    v_idp.idp_id := p_idp;
    v_idp.slug := p_in ->> 'slug';
    v_idp.name := p_in ->> 'name';
    v_idp.issuer := p_in ->> 'issuer';
    v_idp.client_id := p_in ->> 'client_id';
    v_idp.scopes := array(select distinct s from (select 'openid' union select jsonb_array_elements_text(
        case jsonb_typeof(p_in -> 'scopes') when 'array' then p_in -> 'scopes' else '["email", "profile"]' end)) x (s) order by s);
    v_idp.role_claim := p_in ->> 'role_claim';
    v_idp.role_map := coalesce((select jsonb_agg(identity.idp_role_normal(m.value) order by m.ordinality)
                                  from jsonb_array_elements(case jsonb_typeof(p_in -> 'role_map') when 'array' then p_in -> 'role_map' end)
                                       with ordinality m), '[]');
    v_idp.default_role := case jsonb_typeof(p_in -> 'default_role') when 'object' then identity.idp_role_normal(p_in -> 'default_role') end;
    v_idp.email_domains := array(select distinct lower(d) from jsonb_array_elements_text(
        case jsonb_typeof(p_in -> 'email_domains') when 'array' then p_in -> 'email_domains' end) x (d) order by 1);
    v_idp.trusts_email := coalesce((p_in ->> 'trusts_email')::boolean, false);
    v_idp.is_enabled := coalesce((p_in ->> 'is_enabled')::boolean, true);
    v_idp.version := 1;
    return v_idp;
end $$;
comment on function identity.idp_read(uuid, uuid, jsonb) is 'A request as a row.';

create or replace function identity.idp_create(p_tenant uuid, p_context jsonb, p_in jsonb, p_secret bytea) returns identity.idp
    language plpgsql volatile
    as $$
declare
    v_idp identity.idp := identity.idp_read(p_tenant, core.uuidv7(), p_in);
begin
    v_idp.client_secret := p_secret;
    v_idp.created_at := clock_timestamp();
    v_idp.created_by := (p_context ->> 'actor_id')::uuid;
    perform identity.idp_check(p_tenant, p_context, v_idp);
    insert into identity.idp select v_idp.*;
    perform audit.api_note(p_tenant, p_context, 'idp', v_idp.idp_id,
                           (to_jsonb(v_idp) - '{tenant_id,idp_id,created_at,created_by,version}'::text[])
                           || jsonb_build_object('client_secret', case when p_secret is not null then '…' end));
    return v_idp;
end $$;
comment on function identity.idp_create(uuid, jsonb, jsonb, bytea) is 'A new provider.';

-- The whole of it anew. The secret stays when the request does not speak of it, unless it would go to somebody else.
create or replace function identity.idp_replace(
    p_tenant uuid, p_context jsonb, p_idp uuid, p_in jsonb, p_keeps_secret boolean, p_secret bytea, p_if_match text,
    out body json, out version bigint, out current json) returns setof record
    language plpgsql volatile
    as $$
declare
    v_old identity.idp;
    v_new identity.idp := identity.idp_read(p_tenant, p_idp, p_in);
    v_changes jsonb;
begin
    select i.* into v_old from identity.idp i where i.tenant_id = p_tenant and i.idp_id = p_idp for update;
    if not found then
        return;
    end if;
    version := v_old.version;
    if not core.is_match(p_if_match, v_old.version) then
        current := identity.idp_document(v_old);
        return next;
        return;
    end if;
    perform identity.idp_check(p_tenant, p_context, v_old);
    perform identity.idp_check(p_tenant, p_context, v_new);
    if p_keeps_secret and v_old.client_secret is not null then
        if (v_new.issuer, v_new.client_id) <> (v_old.issuer, v_old.client_id) then
            raise exception using errcode = 'PN422', message = 'identity/idp_secret_missing', column = '/client_secret',
                detail = 'Another issuer or client needs a secret of its own, or null for none.';
        end if;
        v_new.client_secret := v_old.client_secret;
    else
        v_new.client_secret := p_secret;
    end if;
    v_new.created_at := v_old.created_at;
    v_new.created_by := v_old.created_by;
    v_new.version := v_old.version;
    select jsonb_object_agg(n.key, jsonb_build_object('old', o.value, 'new', n.value)) into v_changes
      from jsonb_each(to_jsonb(v_new)) n
      join jsonb_each(to_jsonb(v_old)) o on o.key = n.key
     where n.value <> o.value and n.key <> 'client_secret';
    if v_new.client_secret is distinct from v_old.client_secret then
        v_changes := coalesce(v_changes, '{}') || '{"client_secret": "…"}';
    end if;
    if v_changes is not null then
        v_new.version := v_old.version + 1;
        update identity.idp i
           set slug = v_new.slug, name = v_new.name, issuer = v_new.issuer, client_id = v_new.client_id, client_secret = v_new.client_secret,
               scopes = v_new.scopes, role_claim = v_new.role_claim, role_map = v_new.role_map, default_role = v_new.default_role,
               email_domains = v_new.email_domains, trusts_email = v_new.trusts_email, is_enabled = v_new.is_enabled, version = v_new.version
         where i.tenant_id = p_tenant and i.idp_id = p_idp;
        perform audit.api_note(p_tenant, p_context, 'idp', p_idp, v_changes);
    end if;
    body := identity.idp_document(v_new);
    version := v_new.version;
    return next;
end $$;
comment on function identity.idp_replace(uuid, jsonb, uuid, jsonb, boolean, bytea, text) is 'Replaces a provider if p_if_match admits its version; no row when there is none.';

create or replace function identity.idp_delete(p_tenant uuid, p_context jsonb, p_idp uuid) returns boolean
    language plpgsql volatile
    as $$
declare
    v_old identity.idp;
begin
    select i.* into v_old from identity.idp i where i.tenant_id = p_tenant and i.idp_id = p_idp for update;
    if not found then
        return null;
    end if;
    perform identity.idp_given_demand(p_tenant, p_context, v_old);
    delete from identity.idp_login l where l.tenant_id = p_tenant and l.idp_id = p_idp;
    delete from identity.idp i where i.tenant_id = p_tenant and i.idp_id = p_idp;
    return audit.api_note(p_tenant, p_context, 'idp', p_idp, jsonb_build_object('slug', v_old.slug, 'deleted', true));
end $$;
comment on function identity.idp_delete(uuid, jsonb, uuid) is 'Ends a provider: nobody signs in there from now on. Null when there is none. People, their roles and open sessions stay.';

-- A sign-in begins. What has ended is swept, some at a time: nobody can fill the table for long.
create or replace function identity.idp_login_begin(p_tenant uuid, p_idp uuid, p_state bytea, p_browser bytea, p_nonce bytea, p_verifier bytea,
                                                    p_return_to text) returns boolean
    language plpgsql volatile
    as $$
begin
    delete from identity.idp_login l
     where l.tenant_id = p_tenant
       and l.state_hash in (select e.state_hash from identity.idp_login e where e.tenant_id = p_tenant and e.expires_at < now()
                             order by e.expires_at limit 20 for update skip locked);
    insert into identity.idp_login (tenant_id, state_hash, idp_id, browser_hash, nonce_hash, verifier, return_to, expires_at)
    values (p_tenant, p_state, p_idp, p_browser, p_nonce, p_verifier, p_return_to, now() + interval '10 minutes');
    return true;
end $$;
comment on function identity.idp_login_begin(uuid, uuid, bytea, bytea, bytea, bytea, text) is 'Notes a sign-in that begins; good for ten minutes.';

grant execute on function identity.idp_document(identity.idp), identity.idp_role_normal(jsonb), identity.idp_role_check(uuid, jsonb, jsonb, text),
    identity.idp_check(uuid, jsonb, identity.idp), identity.idp_given_demand(uuid, jsonb, identity.idp), identity.idp_read(uuid, uuid, jsonb), identity.idp_create(uuid, jsonb, jsonb, bytea),
    identity.idp_replace(uuid, jsonb, uuid, jsonb, boolean, bytea, text), identity.idp_delete(uuid, jsonb, uuid),
    identity.idp_login_begin(uuid, uuid, bytea, bytea, bytea, bytea, text) to hansa_app;
