--! internal
--! about: Under the sender: notes that a document was refused.
select to_json(exchange.document_reported(:tenant, :payload)) as body
