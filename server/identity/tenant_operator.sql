--! internal
--! about: The tenant that stands for the operator, made when there is none; run by the owner (hansa admin key create --operator).
with made as (
  insert into identity.tenant (id, slug, name, is_operator)
  values (core.uuidv7(), 'operator', 'Operator of the platform', true)
  on conflict (slug) do nothing
  returning id)
select json_build_object('id', coalesce((select m.id from made m), (select t.id from identity.tenant t where t.is_operator))) as body
