--! internal
--! access: read
--! value: digests jsonb -- SHA-256 of stored files, hexadecimal.
--! about: Those among them that no file of the unit's tenant has, and that it lends to nobody.
select coalesce(json_agg(d.hex), '[]'::json) as body
  from jsonb_array_elements_text(:digests) as d (hex)
 where not exists (select from files.file f where f.tenant_id = :tenant and f.sha256 = decode(d.hex, 'hex'))
   and not exists (select from files.loan l where l.tenant_id = :tenant and l.sha256 = decode(d.hex, 'hex'))
