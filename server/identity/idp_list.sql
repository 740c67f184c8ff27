--! GET /v1/idps
--! who:   identity:read
--! reach: tenant
--! reply: idp.json
--! list:  yes
--! about: The identity providers of the tenant, in the sequence in which they were added.
select coalesce(json_agg(identity.idp_document(p.i) order by (p.i).idp_id) filter (where p.place <= :limit), '[]'::json) as body,
       case when count(*) > :limit then max((p.i).idp_id::text) filter (where p.place = :limit) end as next
  from (select i, row_number() over (order by i.idp_id) as place
          from identity.idp i
         where i.tenant_id = :tenant
--? after: and i.idp_id > :after::uuid
         order by i.idp_id
         limit :limit + 1) p
