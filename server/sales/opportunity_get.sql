--! GET /v1/opportunities/{opportunity_id}
--! who:   sales:read
--! path:  opportunity_id uuid -- The opportunity.
--! reply: opportunity.json
--! none:  404 sales/opportunity_not_found
--! about: One opportunity.
select sales.opportunity_document(o) as body, o.version
  from sales.opportunity o
 where o.tenant_id = :tenant and o.opportunity_id = :opportunity_id
--? reach: and sales.api_opportunity_is_reached(:tenant, :reach, o.opportunity_id)
