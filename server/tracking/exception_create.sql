--! POST /v1/exceptions
--! who:   tracking:raise
--! body:  exception_create.json
--! reply: exception.json
--! ok:    201
--! error: 422 tracking/shipment_unknown
--! error: 422 tracking/level_not_found
--! error: 422 tracking/owner_not_found
--! about: Opens an exception of a shipment that you reach: something that went another way than agreed.
--! help:  Events DLY, DMG, RFS, LST and ATT open one by themselves, unless one of the kind is open. People and systems of a customer tell of trouble here, those of a carrier here or by such an event: what happened, and in words what is to be known. Staff read who said it (opened_by) and the note; how bad it is and whose doing, they judge. Who carries one leg alone names the leg.
select made.body, 1 as version, '/v1/exceptions/' || (made.body ->> 'exception_id') as location
  from tracking.exception_create(:tenant, :actor, :context, :reach, :body) as made (body)
