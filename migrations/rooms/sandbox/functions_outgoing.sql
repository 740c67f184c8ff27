-- The one door out of the house: whoever sends something, to a person, a firm or a machine, asks here first, in the transaction in
-- which he would queue it.

create or replace function sandbox.api_kept(p_tenant uuid, p_kind text, p_recipient text, p_head text) returns boolean
    language plpgsql volatile
    as $$
begin
    if not identity.api_is_sandbox(p_tenant) then
        return false;
    end if;
    insert into sandbox.outgoing (tenant_id, outgoing_id, kind, recipient, head)
    values (p_tenant, core.uuidv7(), p_kind, left(p_recipient, 400), left(p_head, 1000));
    return true;
end $$;
comment on function sandbox.api_kept(uuid, text, text, text) is
    'False: go on and send it. True: the tenant is a sandbox, what would have gone is written down, and nothing may leave. p_head: how it begins, without secrets.';

create or replace function sandbox.api_demand_firm(p_tenant uuid) returns void
    language plpgsql stable
    as $$
begin
    if identity.api_is_sandbox(p_tenant) then
        raise exception using errcode = 'PN409', message = 'sandbox/not_here',
            detail = 'This key works in a sandbox, which stands in no directory and no alliance and asks nobody outside. Use a live key.';
    end if;
end $$;
comment on function sandbox.api_demand_firm(uuid) is 'Refuses a sandbox where only a firm itself can act.';

create or replace function sandbox.outgoing_document(p_outgoing sandbox.outgoing) returns json
    language sql stable
    as $$ select json_build_object('outgoing_id', p_outgoing.outgoing_id, 'kind', p_outgoing.kind, 'recipient', p_outgoing.recipient,
                                   'head', p_outgoing.head, 'created_at', core.rfc3339(p_outgoing.created_at)) $$;
comment on function sandbox.outgoing_document(sandbox.outgoing) is 'What would have left, as replies show it.';

grant execute on function sandbox.api_kept(uuid, text, text, text), sandbox.api_demand_firm(uuid),
    sandbox.outgoing_document(sandbox.outgoing) to hansa_app;
