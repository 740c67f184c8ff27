--! POST /v1/members
--! who:   membership:write
--! body:  member_create.json
--! reply: member.json
--! ok:    201
--! error: 422 crm/account_not_found
--! error: 422 membership/program_unknown
--! error: 422 membership/contact_unknown
--! error: 409 membership/member_already
--! about: Makes an account a member of a program, or a prospect for it.
select made.body, '/v1/members/' || (made.body ->> 'member_id') as location
  from membership.member_create(:tenant, :actor, :context, :reach, :body) as made (body)
