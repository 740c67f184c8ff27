-- Signature and photos of a proof of delivery are files: what a proof shows cannot be deleted.
create index proof_by_signature on tracking.proof_of_delivery (tenant_id, signature_file_id) where signature_file_id is not null;
create index proof_photo_by_file on tracking.proof_photo (tenant_id, file_id);
alter table tracking.proof_of_delivery add constraint proof_signature foreign key (tenant_id, signature_file_id) references files.file (tenant_id, file_id);
alter table tracking.proof_photo add constraint proof_photo_file foreign key (tenant_id, file_id) references files.file (tenant_id, file_id);
