-- The register of personal data: every column that can hold text, and whether it names people. A test compares it with the
-- catalogue, so a new column is entered here the day it is made. PERSON: personal data. MAYBE: free text, a file or a name of
-- something, in which a person might be named. NONE: codes, hashes, numbers, our own words.
create temporary table told (column_name text, holds text, subject text default '', on_erasure text default '') on commit drop;

insert into told (column_name, holds, subject, on_erasure) values
    ('audit.entry.changes', 'PERSON', 'the thing that was changed', 'digests of personal values stay; their salt is deleted'),
    ('audit.entry.origin', 'PERSON', 'actor_id', 'the digest stays; audit.origin with its salt is deleted'),
    ('audit.origin.address', 'PERSON', 'actor_id', 'row deleted'),
    ('audit.origin.digest', 'PERSON', 'actor_id', 'row deleted'),
    ('audit.origin.salt', 'PERSON', 'actor_id', 'row deleted'),
    ('audit.salt.salt', 'PERSON', 'subject_id', 'row deleted'),
    ('crm.consent.source', 'PERSON', 'contact_id', 'replaced; purpose and times stay as proof'),
    ('crm.contact.email', 'PERSON', 'contact_id', 'emptied'),
    ('crm.contact.locale', 'PERSON', 'contact_id', 'emptied'),
    ('crm.contact.name', 'PERSON', 'contact_id', 'replaced'),
    ('crm.contact.phone', 'PERSON', 'contact_id', 'emptied'),
    ('crm.contact.title', 'PERSON', 'contact_id', 'emptied'),
    ('identity.app_user.email', 'PERSON', 'user_id', 'replaced'),
    ('identity.app_user.locale', 'PERSON', 'user_id', 'emptied'),
    ('identity.app_user.name', 'PERSON', 'user_id', 'replaced'),
    ('identity.app_user.password_phc', 'PERSON', 'user_id', 'emptied; never exported'),
    ('identity.app_user.totp_secret', 'PERSON', 'user_id', 'emptied; never exported'),
    ('identity.login_failure.subject', 'PERSON', 'digest of the e-mail', 'row deleted; never exported'),
    ('identity.outgoing_link.sealed', 'PERSON', 'user_id of the link', 'emptied; never exported'),
    ('identity.session.address', 'PERSON', 'user_id', 'emptied'),
    ('identity.session.user_agent', 'PERSON', 'user_id', 'emptied'),
    ('identity.user_identity.issuer', 'PERSON', 'user_id', 'row deleted'),
    ('identity.user_identity.subject', 'PERSON', 'user_id', 'row deleted'),
    ('identity.user_link.email', 'PERSON', 'user_id', 'replaced'),
    ('orders.shipment.destination', 'PERSON', 'its parties', 'name, street and postcode taken out'),
    ('orders.shipment.origin', 'PERSON', 'its parties', 'name, street and postcode taken out'),
    ('orders.shipment_party.address', 'PERSON', 'name and postcode', 'name, street and postcode taken out'),
    ('orders.shipment_party.code', 'PERSON', 'name and postcode', 'emptied'),
    ('orders.shipment_party.name', 'PERSON', 'name and postcode', 'replaced'),
    ('core.idempotency.body', 'MAYBE', 'what an answer told', 'row deleted when it holds a name or e-mail; gone after a day'),
    ('core.idempotency.columns', 'MAYBE', 'what an answer told', 'row deleted when it holds a name or e-mail; gone after a day'),
    ('crm.account.name', 'MAYBE', 'a customer who trades under a person''s name', 'kept: the account is a party to contracts; change it by hand'),
    ('files.file.name', 'MAYBE', 'the parties of its shipment', 'replaced when it holds the name; photo and signature stay as proof of the delivery'),
    ('exchange.edi_message.raw', 'MAYBE', 'the name stands in the file', 'file emptied'),
    ('identity.api_key.addresses', 'MAYBE', 'made by a person', 'kept: networks of a system, not of a person'),
    ('identity.api_key.name', 'MAYBE', 'made by a person', 'kept: what a key is for'),
    ('identity.login_source.source', 'MAYBE', 'a network that failed to sign in, of no tenant', 'deleted after 30 days'),
    ('orders.handling_unit.description', 'MAYBE', 'what is in a parcel', 'kept: goods, not people'),
    ('tracking.event.place_name', 'MAYBE', 'the parties of its shipment', 'emptied when it holds the name'),
    ('tracking.event.raw', 'MAYBE', 'the parties of its shipment', 'emptied when it holds the name'),
    ('tracking.event.source', 'MAYBE', 'named by the sender of events', 'kept: the name of a system');

insert into told (column_name, holds)
select t.name || '.' || c.name, 'NONE'
  from (values
    ('audit.entry', '{actor_kind, code, endpoint, method, object_kind, outcome, request_id, trace_id}'),
    ('audit.head', '{hash, signature}'),
    ('audit.seal', '{digests, hash, prev_hash}'),
    ('core.idempotency', '{key, outcome, request_hash, route}'),
    ('core.migration', '{path, sha256}'),
    ('core.zone', '{zone}'),
    ('crm.account', '{customer_code, kind, scac}'),
    ('crm.consent', '{purpose}'),
    ('exchange.edi_interchange', '{control, sender}'),
    ('exchange.edi_message', '{control, format, receiver, report, sender, verdict}'),
    ('files.file', '{media_type, sha256}'),
    ('identity.api_key', '{created_by_kind, key_ref, old_secret_hash, prefix, scopes, secret_hash}'),
    ('identity.app_user', '{audience, status}'),
    ('identity.built_in_role', '{audience, name, role, scopes}'),
    ('identity.idp', '{client_id, client_secret, default_role, email_domains, issuer, name, role_claim, role_map, scopes, slug}'),
    ('identity.idp_login', '{browser_hash, nonce_hash, return_to, state_hash, verifier}'),
    ('identity.org_unit', '{name}'),
    ('identity.recovery_code', '{code_hash}'),
    ('identity.role', '{audience, name, role, scopes}'),
    ('identity.role_grant', '{reach, role}'),
    ('identity.session', '{ended_why, second_factor, secret_hash}'),
    ('identity.tenant', '{host, locale, name, slug, status, zone}'),
    ('identity.user_link', '{kind, token_hash}'),
    ('orders.handling_unit', '{sscc, unit_type}'),
    ('orders.shipment', '{carrier_scac, incoterm, incoterm_place, mode, planned_delivery_zone, planned_pickup_zone, service, source, tracking_number}'),
    ('orders.shipment_number', '{kind, number, number_key}'),
    ('orders.shipment_party', '{role}'),
    ('privacy.erasure', '{rows}'),
    ('privacy.register', '{column_name, holds, on_erasure, subject}'),
    ('privacy.retention', '{class}'),
    ('privacy.retention_class', '{about, class}'),
    ('tracking.code', '{code, flag, name, status}'),
    ('tracking.event', '{city, code, country, raw_code, raw_list, reason, region, source_event_id, unlocode, zone, zone_source}'),
    ('tracking.link', '{hint, secret_hash}'),
    ('tracking.shipment_status', '{part_status, status}'),
    ('tracking.status', '{status}')
  ) t (name, columns), unnest(t.columns::text[]) c (name);

delete from privacy.register r where not exists (select from told t where t.column_name = r.column_name);
insert into privacy.register as r (column_name, holds, subject, on_erasure)
select t.column_name, t.holds, t.subject, t.on_erasure from told t
on conflict (column_name) do update set holds = excluded.holds, subject = excluded.subject, on_erasure = excluded.on_erasure;
drop table told;
