--! job
--! tries: 12
--! hands: exchange/document_reported
--! about: Tells the sender of a document that it could not be applied, and why.
select h.hand_to, h.body from exchange.report_hand(:tenant, (:payload ->> 'document_id')::uuid) as h
