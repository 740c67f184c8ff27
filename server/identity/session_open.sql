--! internal
--! about: Opens a session after the password was found right, or tells why not.
select o.opened -> 'session' as body, o.opened ->> 'refused' as refused
  from identity.session_open(:tenant, :context, :body) o(opened)
