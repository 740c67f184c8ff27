--! POST /v1/partners/{partner_id}/transitions
--! who:   partners:approve
--! path:  partner_id uuid -- The relation: its account's id.
--! body:  partner_move.json
--! reply: partner.json
--! ok:    200
--! none:  404 partners/partner_not_found
--! error: 403 core/forbidden
--! error: 409 partners/transition_impossible
--! error: 409 partners/credential_expired
--! error: 422 partners/reason_missing
--! about: Leads a relation to its next state.
--! help:  CANDIDATE > QUALIFIED > ACTIVE > SUSPENDED > ENDED: whoever is SUSPENDED may be ACTIVE again, every state may end, nothing follows the end. ACTIVE is refused while an insurance, licence or certificate has run out.
select done.body, done.version
  from partners.partner_move(:tenant, :context, :reach, :partner_id, :body) as done
 where done.body is not null
