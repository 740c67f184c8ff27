--! DELETE /v1/files/{file_id}
--! who:   files:write
--! path:  file_id uuid -- The file.
--! ok:    204
--! none:  404 files/file_not_found
--! error: 409 files/file_in_use
--! about: Deletes a file that nothing else refers to, such as a proof of delivery.
--! help:  Its bytes leave the store within hours, unless another file has the same.
select '{}'::json as body from files.file_delete(:tenant, :actor, :context, :reach, :file_id) as done (audited) where done.audited is not null
