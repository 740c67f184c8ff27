--! internal
--! access: read
--! value: key_id uuid -- The key.
--! about: What a new secret of a key must look like.
select k.key_ref, k.is_test::text as is_test, '{}'::json as body
  from identity.api_key k
 where k.tenant_id = :tenant and k.api_key_id = :key_id
