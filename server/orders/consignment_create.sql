--! POST /v1/shipments/{shipment_id}/consignments
--! who:   orders:write
--! path:  shipment_id uuid -- The shipment.
--! body:  consignment_create.json
--! reply: consignment.json
--! ok:    201
--! none:  404 orders/shipment_not_found
--! error: 409 orders/consignment_number_taken
--! error: 409 partners/partner_status
--! error: 409 partners/credential_expired
--! error: 422 crm/account_not_found
--! error: 422 orders/unit_not_found
--! error: 422 orders/carrier_missing
--! about: Adds a contract of carriage to a shipment: one paper with one carrier.
--! help:  Units named go under it, and events of the consignment count for them; without any it is the whole shipment. The paper's number finds the shipment from then on. Several papers of one carrier go under several consignments.
select made.body, '/v1/shipments/' || :shipment_id || '/consignments/' || (made.body ->> 'consignment_id') as location
  from orders.consignment_create(:tenant, :actor, :context, :reach, :shipment_id, :body) as made (body)
 where made.body is not null
