--! job
--! tries: 6
--! hands: probe/receive
--! then:  probe/sent
--! about: Hands a letter from the tenant's outbox to another tenant.
select l.to_tenant as hand_to, l.body from probe.letter l where l.tenant_id = :tenant and l.letter_id = (:payload ->> 'letter_id')::uuid
