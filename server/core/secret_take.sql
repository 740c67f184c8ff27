--! internal
--! value: present bytea -- Mark of secret_file.
--! value: previous bytea -- Mark of previous_secret_file.
--! about: Says whether the database was sealed under this secret; run at start and by commands that bring one.
select to_json(core.secret_take(:present, :previous)) as body
