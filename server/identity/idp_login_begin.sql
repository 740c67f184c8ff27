--! internal
--! about: Notes a sign-in that begins.
select identity.idp_login_begin(:tenant, (:body ->> 'idp_id')::uuid, decode(:body ->> 'state_hash', 'hex'), decode(:body ->> 'browser_hash', 'hex'),
                                decode(:body ->> 'nonce_hash', 'hex'), decode(:body ->> 'verifier', 'hex'), :body ->> 'return_to') as begun
