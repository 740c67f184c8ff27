--! POST /v1/shipments/{shipment_id}/links
--! who:   tracking:share
--! path:  shipment_id uuid -- The shipment that the link shows.
--! value: token text -- The token of the link, told once and not stored.
--! value: hint text -- Its last characters, to tell links apart by.
--! value: secret_hash bytea -- What is stored of it.
--! value: url text -- The whole address of the page.
--! body:  link_create.json
--! reply: link_made.json
--! ok:    201
--! idempotency: none-stored
--! none:  404 orders/shipment_not_found
--! steps: mint, unit, reply
--! about: Makes a public tracking link, which shows milestones and masked places of one shipment without a key.
--! help:  The address is told in this answer only; the house keeps a hash of it. Give it to the receiver of the goods. It ends by itself, at the latest after a year, or when you delete it.
with made as (
  insert into tracking.link (tenant_id, link_id, shipment_id, secret_hash, hint, created_at, created_by, expires_at)
  select :tenant, core.uuidv7(), s.shipment_id, :secret_hash, :hint, now(), :actor,
         now() + make_interval(days => coalesce((:body ->> 'expires_in_days')::integer, 30))
    from orders.v_shipment s
   where s.tenant_id = :tenant and s.shipment_id = :shipment_id
--? reach: and orders.api_is_reached(:tenant, :reach, s.shipment_id)
  returning link_id, shipment_id, hint, created_at, expires_at)
select json_build_object('link_id', m.link_id, 'shipment_id', m.shipment_id, 'url', :url, 'token', :token, 'hint', m.hint,
                         'created_at', core.rfc3339(m.created_at), 'expires_at', core.rfc3339(m.expires_at)) as body,
       '/v1/shipments/' || m.shipment_id || '/links/' || m.link_id as location,
       audit.api_note(:tenant, :context, 'link', m.link_id,
                      jsonb_build_object('shipment_id', m.shipment_id, 'expires_at', core.rfc3339(m.expires_at))) as audited
  from made m
