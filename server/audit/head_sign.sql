--! internal
--! value: seal_no integer(1..9000000000000000) -- The seal.
--! value: hash text(64..64) -- Its hash, in hex.
--! value: signature text(64..64) -- What the server signed it with, in hex.
--! about: Keeps the signature of the newest seal; an older one never replaces a newer.
insert into audit.head as h (tenant_id, seal_no, hash, signed_at, signature)
values (:tenant, :seal_no, decode(:hash, 'hex'), now(), decode(:signature, 'hex'))
on conflict (tenant_id) do update
   set seal_no = excluded.seal_no, hash = excluded.hash, signed_at = excluded.signed_at, signature = excluded.signature
 where h.seal_no < excluded.seal_no
returning json_build_object('seal_no', h.seal_no) as body
