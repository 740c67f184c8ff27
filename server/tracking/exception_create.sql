--! POST /v1/exceptions
--! who:   orders:write
--! body:  exception_create.json
--! reply: exception.json
--! ok:    201
--! error: 422 tracking/shipment_unknown
--! error: 422 tracking/level_not_found
--! error: 422 tracking/owner_not_found
--! about: Opens an exception: something that went another way than agreed.
--! help:  Events DLY, DMG, RFS, LST and ATT open one by themselves, unless one of the kind is open. A carrier tells of trouble by such an event.
select made.body, 1 as version, '/v1/exceptions/' || (made.body ->> 'exception_id') as location
  from tracking.exception_create(:tenant, :actor, :context, :reach, :body) as made (body)
