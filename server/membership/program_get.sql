--! GET /v1/programs/{program_id}
--! who:   membership:read
--! path:  program_id uuid -- The program.
--! reply: program.json
--! none:  404 membership/program_not_found
--! about: One program, as its terms are now.
select membership.program_document(p) as body, p.version
  from membership.program p
 where p.tenant_id = :tenant and p.program_id = :program_id
--? reach: and membership.program_is_reached(:tenant, :reach, p.program_id)
