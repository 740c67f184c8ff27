--! GET /v1/exchange/documents/{document_id}
--! who:   exchange:read
--! reach: tenant
--! path:  document_id uuid -- The document.
--! reply: document.json
--! none:  404 exchange/document_not_found
--! about: One document of the outbox or the inbox, with what it tells.
select exchange.document_document(d) as body
  from exchange.document d
 where d.tenant_id = :tenant and d.document_id = :document_id
