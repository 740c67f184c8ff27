--! internal
--! lane:  slow
--! about: Entries that no seal names though they are old enough, for hansa admin audit verify.
select audit.strays(:tenant) as body
