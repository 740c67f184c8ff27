-- Documents on their way: masked and put into the outbox in the transaction of what they tell of; handed over by a job; kept and
-- applied by the receiver once, in their order (decision 0035). plpgsql, since rooms that come later are asked.

-- Members that a document of a kind consists of: ids, states, and what an answer says. No charter needs to grant them, and
-- nothing of the owner's business is among them.
create or replace function exchange.bare_members(p_kind text) returns text[]
    language sql immutable parallel safe
    as $$ select case p_kind
              when 'TENDER' then '{/tender_id,/expires_at,/award_rule}'
              when 'TENDER_RESPONSE' then '{/answer,/price,/reason,/notes,/answered_at}'
              when 'TENDER_WITHDRAWAL' then '{/why}'
              when 'AWARD' then '{/tender_id,/price}'
              when 'POD' then '{/proof_id,/event_id}'
              when 'STATUS' then '{/events/id,/events/supersedes,/events/is_part}'
              else '{}' end::text[] $$;
comment on function exchange.bare_members(text) is 'JSON Pointers of what every document of this kind may carry.';

-- Which fields a counterpart may have, by the part that it plays in this matter and not by all that it is: a member who may ask for
-- carriage sees no more of a leg that it carries than any other carrier of that leg.
create or replace function exchange.fields_told(p_alliance uuid, p_kind text, p_counterpart uuid, p_role text) returns text[]
    language plpgsql stable
    as $$
begin
    return case p_role
        when 'OWNER' then alliances.api_mask(p_alliance, p_kind, 'REQUESTING')
        else array(select distinct f.field
                     from alliances.api_members(p_alliance) m, unnest(m.roles) r (role), unnest(alliances.api_mask(p_alliance, p_kind, r.role)) f (field)
                    where m.member_tenant = p_counterpart and m.state = 'ACTIVE' and r.role in ('COLLECTION', 'TRUNK', 'HUB', 'DELIVERY')
                    order by f.field) end;
end $$;
comment on function exchange.fields_told(uuid, text, uuid, text) is
    'JSON Pointers of what the charter in force grants a counterpart as OWNER (role REQUESTING) or as CARRIER (its roles of carriage).';

-- Null when nothing may be sent: one of both is no member now, or no rule in force tells this kind to this role. For kinds that
-- follow from another document (an answer, an award, a withdrawal) no rule means: nothing beyond their bare members.
create or replace function exchange.body_told(p_tenant uuid, p_counterpart uuid, p_alliance uuid, p_kind text, p_role text, p_body jsonb) returns jsonb
    language plpgsql stable
    as $$
declare
    v_fields text[];
begin
    if not alliances.api_may_share(p_alliance, p_tenant) or not alliances.api_may_share(p_alliance, p_counterpart) then
        return null;
    end if;
    v_fields := exchange.fields_told(p_alliance, p_kind, p_counterpart, p_role);
    if cardinality(v_fields) = 0 and p_kind in ('TENDER', 'STATUS', 'POD') then
        return null;
    end if;
    return alliances.api_masked(p_body, v_fields || exchange.bare_members(p_kind));
end $$;
comment on function exchange.body_told(uuid, uuid, uuid, text, text, jsonb) is
    'What of a body the charter in force lets a counterpart have, in its role; null: nothing may be sent.';

create or replace function exchange.api_document_send(p_tenant uuid, p_counterpart uuid, p_alliance uuid, p_kind text, p_role text,
                                                      p_subject uuid, p_body jsonb) returns uuid
    language plpgsql volatile
    as $$
declare
    v_document uuid;
    v_body jsonb;
    v_sequence integer;
begin
    if sandbox.api_kept(p_tenant, p_kind, p_counterpart::text, p_body::text) then
        return null;
    end if;
    v_body := exchange.body_told(p_tenant, p_counterpart, p_alliance, p_kind, p_role, p_body);
    if v_body is null then
        return null;
    end if;
    -- The row lock holds until the commit: whoever sees a document sees all that went before it.
    insert into exchange.channel as c (tenant_id, counterpart, subject_id, last_sequence)
    values (p_tenant, p_counterpart, p_subject, 1)
        on conflict (tenant_id, counterpart, subject_id) do update set last_sequence = c.last_sequence + 1
    returning last_sequence into v_sequence;
    v_document := core.uuidv7();
    insert into exchange.document (tenant_id, document_id, direction, kind, counterpart, alliance_id, charter_version, role, subject_id,
                                   sequence, body, state, created_at)
    values (p_tenant, v_document, 'OUT', p_kind, p_counterpart, p_alliance, alliances.api_charter_version(p_alliance), p_role, p_subject,
            v_sequence, v_body, 'QUEUED', clock_timestamp());
    perform core.api_job(p_tenant, 'exchange.deliver', jsonb_build_object('document_id', v_document));
    return v_document;
end $$;
comment on function exchange.api_document_send(uuid, uuid, uuid, text, text, uuid, jsonb) is
    'Puts a document into the outbox, masked by the charter in force for the receiver''s role; null when the charter lets nothing be sent.';

-- For the job exchange.deliver. Handed over is whatever waits in the channel up to the job's document, in its order: so none
-- overtakes another, however many workers there are. What may no longer be told is left out.
create or replace function exchange.documents_waiting(p_tenant uuid, p_document uuid) returns setof exchange.document
    language plpgsql stable
    as $$
declare
    v_last exchange.document;
begin
    select * into v_last from exchange.document d where d.tenant_id = p_tenant and d.document_id = p_document and d.state = 'QUEUED';
    if found then
        return query
            select d.* from exchange.document d
             where d.tenant_id = p_tenant and d.counterpart = v_last.counterpart and d.subject_id = v_last.subject_id
               and d.state = 'QUEUED' and d.sequence <= v_last.sequence
             order by d.sequence;
    end if;
end $$;
comment on function exchange.documents_waiting(uuid, uuid) is 'What waits to go in the channel of a document, up to it.';

create or replace function exchange.document_hand(p_tenant uuid, p_document uuid, out hand_to uuid, out body json)
    language plpgsql stable
    as $$
begin
    select (array_agg(d.counterpart))[1],
           json_build_object('sender', p_tenant, 'documents', json_agg(json_build_object(
               'document_id', d.document_id, 'kind', d.kind, 'alliance_id', d.alliance_id, 'charter_version', d.charter_version,
               'role', d.role, 'subject_id', d.subject_id, 'sequence', d.sequence, 'body', d.body,
               'created_at', core.rfc3339(d.created_at)) order by d.sequence))
      into hand_to, body
      from exchange.documents_waiting(p_tenant, p_document) d
     where exchange.body_told(p_tenant, d.counterpart, d.alliance_id, d.kind, d.role, d.body) = d.body;
    if hand_to is null then
        body := null;
    end if;
end $$;
comment on function exchange.document_hand(uuid, uuid) is 'To whom the job''s documents go, and what the receiver is handed.';

create or replace function exchange.document_sent(p_tenant uuid, p_document uuid) returns integer
    language plpgsql volatile
    as $$
declare
    v_count integer;
begin
    update exchange.document d
       set state = case when w.is_told then 'SENT' else 'WITHHELD' end,
           reason = case when not w.is_told then 'exchange/not_shared' end,
           sent_at = case when w.is_told then clock_timestamp() end,
           settled_at = case when not w.is_told then clock_timestamp() end
      from (select q.document_id, exchange.body_told(p_tenant, q.counterpart, q.alliance_id, q.kind, q.role, q.body) is not distinct from q.body as is_told
              from exchange.documents_waiting(p_tenant, p_document) q) w
     where d.tenant_id = p_tenant and d.document_id = w.document_id and d.state = 'QUEUED';
    get diagnostics v_count = row_count;
    return v_count;
end $$;
comment on function exchange.document_sent(uuid, uuid) is 'Notes that the job''s documents were handed over, or withheld since the charter no longer lets them go.';

-- Under the receiver. A document that is known is passed over; one that cannot be applied is kept, and its sender is told why.
create or replace function exchange.documents_receive(p_tenant uuid, p_batch jsonb) returns integer
    language plpgsql volatile
    as $$
declare
    v_sender uuid := (p_batch ->> 'sender')::uuid;
    v_document exchange.document;
    v_given jsonb;
    v_count integer := 0;
begin
    for v_given in select d.value from jsonb_array_elements(p_batch -> 'documents') with ordinality as d (value, place) order by d.place loop
        insert into exchange.document as d (tenant_id, document_id, direction, kind, counterpart, alliance_id, charter_version, role,
                                            subject_id, sequence, body, state, created_at, sent_at, settled_at)
        select p_tenant, g.document_id, 'IN', g.kind, v_sender, g.alliance_id, g.charter_version, g.role, g.subject_id, g.sequence,
               g.body, 'APPLIED', g.created_at, clock_timestamp(), clock_timestamp()
          from jsonb_to_record(v_given) as g (document_id uuid, kind text, alliance_id uuid, charter_version integer, role text,
                                              subject_id uuid, sequence integer, body jsonb, created_at timestamptz)
            on conflict do nothing
        returning d.* into v_document;
        continue when not found;
        v_count := v_count + 1;
        perform exchange.document_apply(p_tenant, v_document);
    end loop;
    return v_count;
end $$;
comment on function exchange.documents_receive(uuid, jsonb) is 'Keeps and applies what a sender hands over, once, in its order; answers how many were new.';

create or replace function exchange.document_apply(p_tenant uuid, p_document exchange.document) returns void
    language plpgsql volatile
    as $$
declare
    v_reason text;
begin
    begin
        if p_document.kind in ('STATUS', 'POD') then
            perform exchange.status_apply(p_tenant, p_document);
        else
            perform alliances.api_document_apply(p_tenant, p_document.counterpart, p_document.kind, p_document.alliance_id, p_document.role,
                                                 p_document.subject_id, p_document.document_id, p_document.body);
        end if;
        return;
    exception when others then
        -- What the document itself is to blame for; all else is tried again by the job.
        if sqlstate !~ '^(PN|22|23)' then
            raise;
        end if;
        v_reason := case when sqlstate ~ '^PN' then sqlerrm else 'exchange/not_applicable' end;
    end;
    update exchange.document d set state = 'REFUSED', reason = v_reason
     where d.tenant_id = p_tenant and d.document_id = p_document.document_id;
    perform core.api_job(p_tenant, 'exchange.report', jsonb_build_object('document_id', p_document.document_id));
end $$;
comment on function exchange.document_apply(uuid, exchange.document) is 'Applies a document that came in, or refuses it with its reason and has the sender told.';

create or replace function exchange.report_hand(p_tenant uuid, p_document uuid, out hand_to uuid, out body json)
    language plpgsql stable
    as $$
begin
    select d.counterpart, json_build_object('document_id', d.document_id, 'reason', d.reason) into hand_to, body
      from exchange.document d
     where d.tenant_id = p_tenant and d.document_id = p_document and d.state = 'REFUSED';
end $$;
comment on function exchange.report_hand(uuid, uuid) is 'To whom the refusal of a document is told.';

create or replace function exchange.document_reported(p_tenant uuid, p_report jsonb) returns uuid
    language plpgsql volatile
    as $$
declare
    v_document exchange.document;
begin
    update exchange.document d set state = 'REFUSED', reason = p_report ->> 'reason', settled_at = clock_timestamp(),
                                   sent_at = coalesce(d.sent_at, clock_timestamp())
     where d.tenant_id = p_tenant and d.document_id = (p_report ->> 'document_id')::uuid and d.direction = 'OUT' and d.state in ('QUEUED', 'SENT')
    returning * into v_document;
    if found then
        perform core.api_event(p_tenant, 'exchange.document.refused', 'document', v_document.document_id,
                               jsonb_build_object('kind', v_document.kind, 'subject_id', v_document.subject_id, 'reason', v_document.reason));
    end if;
    return v_document.document_id;
end $$;
comment on function exchange.document_reported(uuid, jsonb) is 'Under the sender: notes that the receiver could not apply a document.';

create or replace function exchange.document_summary(p_document exchange.document) returns json
    language plpgsql stable
    as $$
begin
    return json_build_object('document_id', p_document.document_id, 'direction', p_document.direction, 'kind', p_document.kind,
               'counterpart', partners.api_organisation_short(partners.api_organisation_of(p_document.counterpart)),
               'alliance_id', p_document.alliance_id, 'charter_version', p_document.charter_version, 'role', p_document.role,
               'subject_id', p_document.subject_id, 'sequence', p_document.sequence, 'state', p_document.state, 'reason', p_document.reason,
               'created_at', core.rfc3339(p_document.created_at), 'sent_at', core.rfc3339(p_document.sent_at),
               'settled_at', core.rfc3339(p_document.settled_at));
end $$;
comment on function exchange.document_summary(exchange.document) is 'A document as lists show it.';

create or replace function exchange.document_document(p_document exchange.document) returns json
    language plpgsql stable
    as $$
begin
    return core.json_with(exchange.document_summary(p_document), 'body', p_document.body::json);
end $$;
comment on function exchange.document_document(exchange.document) is 'A document with what it tells.';

create or replace function exchange.api_document_body(p_tenant uuid, p_document uuid) returns jsonb
    language sql stable
    as $$ select d.body from exchange.document d where d.tenant_id = p_tenant and d.document_id = p_document $$;
comment on function exchange.api_document_body(uuid, uuid) is 'What a document told.';

grant execute on function exchange.bare_members(text), exchange.fields_told(uuid, text, uuid, text),
    exchange.body_told(uuid, uuid, uuid, text, text, jsonb), exchange.api_document_send(uuid, uuid, uuid, text, text, uuid, jsonb),
    exchange.documents_waiting(uuid, uuid), exchange.document_hand(uuid, uuid), exchange.document_sent(uuid, uuid),
    exchange.documents_receive(uuid, jsonb), exchange.document_apply(uuid, exchange.document), exchange.report_hand(uuid, uuid),
    exchange.document_reported(uuid, jsonb), exchange.document_summary(exchange.document),
    exchange.document_document(exchange.document), exchange.api_document_body(uuid, uuid) to hansa_app;
