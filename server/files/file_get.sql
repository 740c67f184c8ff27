--! GET /v1/files/{file_id}
--! who:   files:read
--! path:  file_id uuid -- The file.
--! reply: file.json
--! none:  404 files/file_not_found
--! about: What is known of a file; its bytes are at `content_url`.
select files.file_document(f) as body, f.version
  from files.file f
 where f.tenant_id = :tenant and f.file_id = :file_id
--? reach: and files.is_reached(:actor, :reach, f)
