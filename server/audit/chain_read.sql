--! internal
--! value: after_seal integer(0..9000000000000000) -- Begin behind this seal.
--! lane:  slow
--! about: A piece of the chain, for hansa admin audit verify.
select audit.chain(:tenant, :after_seal, 20) as body
