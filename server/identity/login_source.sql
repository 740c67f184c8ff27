--! internal
--! about: Counts a try of the client's address and finds the tenant by slug or host; wait is the seconds before the next try.
select identity.login_try_source(:context ->> 'address', (:body ->> 'limit')::integer) as wait,
       identity.tenant_by_slug(:body ->> 'slug', :body ->> 'host', :body ->> 'parent') as tenant_id
