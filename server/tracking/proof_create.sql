--! POST /v1/shipments/{shipment_id}/proof-of-delivery
--! who:   tracking:write
--! path:  shipment_id uuid -- The shipment.
--! body:  proof_create.json
--! reply: proof.json
--! ok:    201
--! none:  404 orders/shipment_not_found
--! error: 422 tracking/condition_unfit
--! error: 422 tracking/file_unknown
--! error: 422 tracking/level_not_found
--! error: 422 tracking/time_out_of_range
--! about: Notes who took delivery of what, in which condition, and tells an event POD of it.
--! help:  Signature and photos are files that were uploaded before. A shipment may have several proofs, one for each part that was delivered. The delivery itself is an event of its own (DLV).
--! help:  Damaged pieces, short ones and a refusal in part each open the exception that an event DMG, LST or RFS would.
select made.body, '/v1/shipments/' || :shipment_id || '/proof-of-delivery' as location
  from tracking.proof_create(:tenant, :actor, :context, :reach, :shipment_id, :body) as made (body)
 where made.body is not null
