--! PATCH /v1/files/{file_id}
--! who:   files:write
--! path:  file_id uuid -- The file.
--! body:  merge-patch file_patch.json
--! etag:  required
--! reply: file.json
--! none:  404 files/file_not_found
--! about: Says what a file is, and who beside staff sees it.
--! help:  A new kind changes nothing of who sees the file: say visibility too.
select done.body, done.version from files.file_change(:tenant, :context, :actor, :reach, :file_id, :if_match, :body) as done where done.body is not null
