--! internal
--! about: Under the sender: notes what was handed over, or withheld because the charter no longer lets it go.
select to_json(exchange.document_sent(:tenant, (:payload ->> 'document_id')::uuid)) as body
