-- An entry as the API shows it, with the address as long as it is kept.
create or replace view audit.v_entry with (security_invoker = true) as
select e.tenant_id, e.entry_id,
       json_build_object('entry_id', e.entry_id, 'at', btrim(to_json(e.at at time zone 'UTC')::text, '"') || 'Z', 'actor_id', e.actor_id,
                         'actor_kind', e.actor_kind, 'session_id', e.session_id, 'address', o.address, 'endpoint', e.endpoint,
                         'method', e.method, 'object_kind', e.object_kind, 'object_id', e.object_id, 'outcome', e.outcome, 'code', e.code,
                         'changes', e.changes, 'request_id', e.request_id, 'trace_id', e.trace_id) as body
  from audit.entry e
  left join audit.origin o on o.tenant_id = e.tenant_id and o.digest = e.origin;
comment on view audit.v_entry is 'Entries of the audit trail as JSON.';

create or replace view audit.v_last with (security_invoker = true) as
select distinct on (s.tenant_id) s.tenant_id, s.seal_no, s.hash
  from audit.seal s
 order by s.tenant_id, s.seal_no desc;
comment on view audit.v_last is 'The newest seal of each tenant: how far its chain goes.';

grant select on audit.v_entry to hansa_app;
