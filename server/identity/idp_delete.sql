--! DELETE /v1/idps/{idp_id}
--! who:   identity:sso
--! reach: tenant
--! path:  idp_id uuid -- The provider.
--! ok:    204
--! none:  404 identity/idp_not_found
--! error: 403 identity/more_than_held
--! about: Takes an identity provider away: nobody signs in through it from now on.
--! help:  The people stay, with their roles and open sessions; disable whom you want to keep out.
select 'true'::json as body from identity.idp_delete(:tenant, :context, :idp_id) gone where gone
