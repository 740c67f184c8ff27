--! GET /v1/files/{file_id}/content
--! who:   files:read
--! path:  file_id uuid -- The file.
--! reply: image/jpeg
--! reply: image/png
--! reply: image/webp
--! reply: application/pdf
--! error: 404 files/file_not_found
--! error: 500 files/content_lost
--! error: 503 files/store_unavailable
--! steps: unit, fetch
--! about: The bytes of a file, to be saved under its name.
--! help:  They never change: the ETag is their SHA-256, and they are checked against it before they are sent.
select encode(f.sha256, 'hex') as sha256, f.media_type, f.name, f.origin_tenant
  from files.file f
 where f.tenant_id = :tenant and f.file_id = :file_id
--? reach: and files.is_reached(:actor, :reach, f)
