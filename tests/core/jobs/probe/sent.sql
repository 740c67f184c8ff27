--! internal
--! about: Notes on a letter that it was sent.
update probe.letter l set sent = l.sent + 1 where l.tenant_id = :tenant and l.letter_id = (:payload ->> 'letter_id')::uuid
returning '1'::json as body
