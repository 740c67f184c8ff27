--! internal
--! about: Opens a session for whom a provider vouches, or tells why not.
select o.opened ->> 'refused' as refused, o.opened ->> 'session_id' as session_id
  from identity.idp_session_open(:tenant, :context, :body) o(opened)
