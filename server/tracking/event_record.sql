--! POST /v1/tracking/events
--! who:   tracking:write
--! body:  event_record.json
--! idempotency: own
--! reply: event_record_reply.json
--! error: 422 tracking/field_missing
--! error: 422 tracking/field_invalid
--! error: 422 tracking/event_conflict
--! error: 422 tracking/code_unknown
--! error: 422 tracking/time_invalid
--! error: 422 tracking/time_out_of_range
--! error: 422 tracking/zone_unknown
--! error: 422 tracking/unit_not_found
--! error: 422 tracking/level_not_found
--! error: 422 tracking/event_not_found
--! error: 422 tracking/event_superseded
--! error: 404 tracking/shipment_not_found
--! about: Records 1 to 1,000 events; each is accepted, duplicate or rejected by itself.
--! help:  An event is known again by (source, source_event_id), so a batch can be sent again safely; a duplicate is counted and changes nothing. The same id with other content is no duplicate: it is rejected with tracking/event_conflict, which tells what stands.
--! help:  The status is derived: the newest event time wins, an equal time the status further on. Of DELIVERED, RETURNED, LOST and CANCELLED the one of the latest event time stands; a later event shows that a lost or cancelled shipment moves after all (FND too), while DELIVERED and RETURNED give way to another of the four alone. Late scans change nothing, in whatever order events arrive.
--! help:  A correction is an event with `supersedes`; with code OTH it withdraws the event without another in its place.
--! help:  What was accepted and moved no status stands in `unmoved`, with the status that stands.
--! help:  An event may name the consignment, leg, stop or handling unit (by SSCC) that it is about: it moves that one and rolls up from there. A leg that is not the last delivers to the next leg, not the shipment. An event at a stop is about the leg that begins or ends there, when it can mean but one.
--! help:  DLY, DMG, RFS, LST and ATT open an exception, unless one of the kind is open already.
--! help:  Events of partners and customers are filed under their own source: PARTNER or CUSTOMER, then the source that they name; they correct only their own. Who carries one leg names that leg.
--! help:  The errors named here stand in `rejected` of a 200. A member that cannot be read rejects its event and no other. A 422 means that the body is no list of 1 to 1,000 events; then nothing was recorded.
with done as materialized (
  select tracking.api_events_record(:tenant, :actor, :body -> 'events', :reach) as body)
select d.body,
       case when (d.body ->> 'accepted')::integer > 0 then
           audit.api_note(:tenant, :context, 'events', null,
                          jsonb_build_object('accepted', d.body -> 'accepted', 'duplicates', d.body -> 'duplicates',
                                             'rejected', json_array_length(d.body -> 'rejected'))) end as audited
  from done d
