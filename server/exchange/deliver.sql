--! job
--! tries: 12
--! hands: exchange/document_receive
--! then:  exchange/document_sent
--! about: Hands the documents of a channel, up to the job's one, to the tenant that they are for.
select h.hand_to, h.body from exchange.document_hand(:tenant, (:payload ->> 'document_id')::uuid) as h
