--! GET /track/{token}
--! who:   public
--! reach: tenant
--! path:  token text(1..200) -- The token of a public link.
--! value: secret_hash bytea -- What is stored of the token.
--! reply: track.json
--! reply: text/html
--! none:  404 tracking/link_not_found
--! steps: token, unit, page
--! about: The public page of one shipment: milestones and masked places; JSON when Accept asks for it.
--! help:  Unknown, malformed, expired and revoked links get one and the same 404. No names, no street addresses, no reference but the tracking number.
select (select row_to_json(x)
          from (select s.tracking_number, (select t.name from identity.v_tenant t where t.id = :tenant) as firm,
                       partners.api_organisation_phone(:tenant) as firm_phone, st.status, st.flags, st.part,
                       core.rfc3339_local(r.eta, case when s.planned_delivery is null and s.destination ->> 'zone' is null and r.eta is not null then
                           (select e.zone
                              from tracking.event e
                             where e.tenant_id = :tenant and e.shipment_id = l.shipment_id and e.superseded_by is null
                               and e.event_time = r.eta_event_time and e.eta = r.eta
                             order by e.event_id
                             limit 1) else s.planned_delivery_zone end) as eta,
                       s.planned_delivery_date as planned_delivery, nullif(greatest(floor(extract(epoch from case when r.status = 'DELIVERED' then r.status_event_time when not r.is_terminal then r.eta end
                                                                - (s.planned_delivery ->> 'to')::timestamptz) / 60), 0), 0)::integer as delayed_by_minutes,
                       array(select distinct c.status
                               from tracking.event e
                               join tracking.code c on c.code = e.code
                              where e.tenant_id = :tenant and e.shipment_id = l.shipment_id and e.superseded_by is null and c.status is not null
                              order by c.status) as told,
                       case when s.origin is not null then
                           json_build_object('city', s.origin ->> 'city', 'country', s.origin ->> 'country') end as origin,
                       case when s.destination is not null then
                           json_build_object('city', s.destination ->> 'city', 'country', s.destination ->> 'country') end as destination,
                       (select coalesce(json_agg(json_build_object(
                                   'code', m.code, 'event_time', core.rfc3339_local(m.event_time, m.zone),
                                   'place', case when coalesce(m.city, m.country) is not null then
                                                json_build_object('city', m.city, 'country', m.country) end)
                                   order by m.event_time desc, m.event_id desc), '[]'::json)
                          from (select e.code, e.event_time, e.zone, e.city, e.country, e.event_id
                                  from tracking.event e
                                 where e.tenant_id = :tenant and e.shipment_id = l.shipment_id and e.superseded_by is null
                                   and e.code in ('BKD', 'BCX', 'APU', 'PUP', 'DEP', 'DEPA', 'ARH', 'ARRI', 'CSI', 'CSR', 'BXR', 'OFD',
                                                  'AVP', 'ADL', 'ATT', 'DLV', 'DLY', 'RFS', 'RTS', 'LST', 'FND', 'RCN', 'LOAD', 'DISC')
                                 order by e.event_time desc, e.event_id desc
                                 limit 100) m) as milestones,
                       core.rfc3339(l.expires_at) as expires_at) x) as body
  from tracking.link l
  join orders.v_shipment s on s.tenant_id = :tenant and s.shipment_id = l.shipment_id
  join tracking.v_shipment_status st on st.tenant_id = :tenant and st.shipment_id = l.shipment_id
  join tracking.shipment_status r on r.tenant_id = :tenant and r.shipment_id = l.shipment_id
 where l.tenant_id = :tenant and l.secret_hash = :secret_hash and l.revoked_at is null and l.expires_at > now()
   and exists (select from identity.v_tenant t where t.id = :tenant and t.status = 'ACTIVE')
