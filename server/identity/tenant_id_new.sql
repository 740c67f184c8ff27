--! internal
--! access: read
--! about: An id for a tenant to be made; run by the owner (hansa admin tenant create).
select json_build_object('id', core.uuidv7()) as body
