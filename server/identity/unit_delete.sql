--! DELETE /v1/units/{unit_id}
--! who:   identity:write
--! reach: tenant
--! path:  unit_id uuid -- The unit.
--! etag:  accepted
--! ok:    204
--! none:  404 identity/unit_not_found
--! error: 409 identity/unit_in_use
--! about: Deletes a unit that no unit, grant or account names.
select '{}'::json as body, done.audited from identity.unit_delete(:tenant, :context, :unit_id, :if_match) as done (audited) where done.audited is not null
