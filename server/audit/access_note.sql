--! internal
--! value: code text(1..80) -- Error code that the caller was answered; null in a sum.
--! value: times integer(1..1000000000) -- How many accesses a sum stands for.
--! about: Notes an access that was refused, or how many were; a unit of its own, since nothing was changed.
select to_json(audit.access_note(:tenant, :context, :code, :times)) as body
