--! GET /v1/tracking/stream
--! who:   tracking:read
--! query: shipment_id text(36..1849) -- Only events of these shipments: ids with commas between them, at most 50.
--! query: account_id uuid -- Only events of this customer's shipments.
--! query: status choice(PLANNED|BOOKED|PICKED_UP|IN_TRANSIT|CUSTOMS|AT_HUB|OUT_FOR_DELIVERY|READY_FOR_PICKUP|ATTEMPTED|RETURNING|DELIVERED|RETURNED|LOST|CANCELLED) -- Only events of shipments that are in this status when they are told.
--! query: code text(2..8) -- Only events of this code.
--! value: since text -- Behind this position.
--! value: until text -- Before this one.
--! reply: event_told.json
--! stream: yes
--! about: Events of your shipments as they come in, as Server-Sent Events.
--! help:  Without `Last-Event-ID` it begins now; with it, with the first event behind that one. Nothing is left out and nothing is told twice, whichever server answers.
--! help:  Event `tracking` tells one event with its shipment. Event `reset` says that what followed your `Last-Event-ID` cannot be told any more (it is older than 7 days, or not ours): read your shipments anew; the stream goes on from now.
--! help:  An event of many that were written together is told within a second. The shipment's status is the one it has when the event is told.
--! help:  The stream ends when the key or session ends or its rights change, when the server is replaced, and when you do not read: come back with `Last-Event-ID`.
with page as materialized (
  select e.position, e.event_id, e.shipment_id, e.code
    from tracking.event e
   where e.tenant_id = :tenant
     and e.position >= split_part(:since, '.', 1)::xid8 and e.position < split_part(:until, '.', 1)::xid8
     and (e.position > split_part(:since, '.', 1)::xid8 or e.event_id > split_part(:since, '.', 2)::uuid)
   order by e.position, e.event_id
   limit 250
)
select t.id, t.event, t.data
  from (select concat_ws('.', p.position, p.event_id, floor(extract(epoch from now()))::bigint) as id, 'tracking' as event,
               concat('{"event":', (select v.body_text from tracking.v_event v where v.tenant_id = :tenant and v.shipment_id = p.shipment_id and v.event_id = p.event_id),
                      ',"shipment":{"shipment_id":"', p.shipment_id, '","tracking_number":', to_json(s.tracking_number), ',"status":"', st.status, '"}}') as data,
               p.position, p.event_id
          from page p
          join orders.v_shipment s on s.tenant_id = :tenant and s.shipment_id = p.shipment_id
          join tracking.shipment_status st on st.tenant_id = :tenant and st.shipment_id = p.shipment_id
         where true
--? reach: and orders.api_is_reached(:tenant, :reach, p.shipment_id)
--? shipment_id: and p.shipment_id = any (tracking.shipments_listed(:shipment_id)) and tracking.shipments_listed(:shipment_id) is not null /* asked once, also when there is no event */
--? account_id: and s.account_id = :account_id
--? status: and st.status = :status
--? code: and p.code = :code
        union all
        select l.id, null, null, l.position, l.event_id
          from (select concat_ws('.', p.position, p.event_id, floor(extract(epoch from now()))::bigint) as id, p.position, p.event_id,
                       row_number() over (order by p.position, p.event_id) as place
                  from page p) l
         where l.place = 250) t
 order by t.position, t.event_id, t.data is null
